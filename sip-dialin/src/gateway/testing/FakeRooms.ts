import { basename } from 'node:path';
import type { RoomMedia, Sound } from '../../media/PhoneMedia.ts';

/** Room media that only remembers. For tests of the gateway, which moves no sound. */
export class FakeRooms {
  readonly open = new Map<string, FakeRoom>();
  created = 0;
  closed = 0;

  async createRoom(id: string): Promise<RoomMedia> {
    if (this.open.has(id)) throw new Error(`Room ${id} is open already.`);
    const room = new FakeRoom(id, () => {
      this.open.delete(id);
      this.closed += 1;
    });
    this.open.set(id, room);
    this.created += 1;
    return room;
  }
}

export class FakeRoom implements RoomMedia {
  readonly id: string;
  readonly local = { ip: '127.0.0.1', port: 50_000 };
  readonly sources = new Set<number>();
  readonly connections: unknown[] = [];
  forwarding = true;
  /** What was said, as `entry`, or `name as leg-1`. */
  readonly said: string[] = [];
  /** What names that are said wait for; they take no time unless a test holds them. */
  #spoken = Promise.resolve();
  readonly #onClose: () => void;

  constructor(id: string, onClose: () => void) {
    this.id = id;
    this.#onClose = onClose;
  }

  async connect(sfu: unknown): Promise<void> {
    this.connections.push(sfu);
  }

  setForwarding(forwarding: boolean): void {
    this.forwarding = forwarding;
  }

  addSource(ssrc: number): void {
    this.sources.add(ssrc);
  }

  removeSource(ssrc: number): void {
    this.sources.delete(ssrc);
  }

  async say(sound: Sound, as?: { legId: string }): Promise<void> {
    const what = typeof sound === 'string' ? basename(sound, '.wav') : 'name';
    this.said.push(as ? `${what} as ${as.legId}` : what);
    if (as) await this.#spoken;
  }

  /** Names that are begun from now on last until this is called. */
  holdNames(): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#spoken = promise.then(() => undefined);
    return () => resolve(undefined);
  }

  async close(): Promise<void> {
    this.#onClose();
  }
}
