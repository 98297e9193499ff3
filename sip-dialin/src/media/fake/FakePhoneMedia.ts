import { AppError } from '@switchroom/protocol';
import type { LegMedia, LegMediaOptions, PhoneMedia, RoomMedia } from '../PhoneMedia.ts';
import { FakeLeg } from './FakeLeg.ts';
import { FakeRoom } from './FakeRoom.ts';

export interface FakePhoneMediaOptions {
  /** Prompts end by themselves at once (default); else by `leg.finishPrompt()`. */
  promptsEnd?: boolean;
}

/**
 * A media engine without sound or sockets, for tests of call flows: it negotiates real SDP, writes
 * down what it was asked for, and presses keys when told to.
 */
export class FakePhoneMedia implements PhoneMedia {
  readonly legs = new Map<string, FakeLeg>();
  readonly rooms = new Map<string, FakeRoom>();
  /** When true, `createLeg` and `createRoom` fail as an engine does that has no ports left. */
  unavailable = false;
  readonly #promptsEnd: boolean;
  #nextPort = 30_000;
  #closed = false;

  constructor({ promptsEnd = true }: FakePhoneMediaOptions = {}) {
    this.#promptsEnd = promptsEnd;
  }

  async createLeg(legId: string, { srtp = 'optional' }: LegMediaOptions = {}): Promise<LegMedia> {
    this.#assertAvailable();
    if (this.legs.has(legId)) throw new AppError('conflict', 'A leg of this id is open already.');
    const leg = new FakeLeg(legId, this.#port(), {
      promptsEnd: this.#promptsEnd,
      srtp,
      roomOf: (roomId) => this.rooms.get(roomId),
      onClosed: () => this.legs.delete(legId),
    });
    this.legs.set(legId, leg);
    return leg;
  }

  async createRoom(roomId: string): Promise<RoomMedia> {
    this.#assertAvailable();
    if (this.rooms.has(roomId)) throw new AppError('conflict', 'This room is open already.');
    const room = new FakeRoom(roomId, this.#port(), () => this.rooms.delete(roomId));
    this.rooms.set(roomId, room);
    return room;
  }

  /** The leg of this id, for a test to press keys on. Throws when there is none. */
  leg(legId: string): FakeLeg {
    const leg = this.legs.get(legId);
    if (!leg) throw new Error(`There is no leg ${legId}.`);
    return leg;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.legs.values(), ...this.rooms.values()].map((each) => each.close()));
  }

  #port(): number {
    this.#nextPort += 2;
    return this.#nextPort;
  }

  #assertAvailable(): void {
    if (this.#closed || this.unavailable) {
      throw new AppError('media-unavailable', 'The media engine takes no more calls.');
    }
  }
}
