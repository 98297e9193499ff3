import { EventEmitter } from 'node:events';
import { AppError, type LeaveReason } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { Sfu } from '../sfu/Sfu.ts';
import { DoorMemory, type DoorRecord } from './DoorMemory.ts';
import { Room } from './Room.ts';

export interface RoomsEvents {
  opened: [Room];
}

export interface RoomsOptions {
  sfu: Sfu;
  logger: Logger;
  /** What was remembered of each meeting's door before a start. */
  doors?: ReadonlyMap<string, DoorRecord>;
  /** Remembers it for the next start; undefined: there is nothing to remember any more. */
  saveDoor?: (meetingId: string, record: DoorRecord | undefined) => void;
}

/** The live rooms, by meeting. It makes and owns them, and forgets each as it closes. */
export class Rooms {
  readonly events = new EventEmitter<RoomsEvents>();
  readonly #sfu: Sfu;
  readonly #logger: Logger;
  readonly #rooms = new Map<string, Room>();
  readonly #saveDoor: NonNullable<RoomsOptions['saveDoor']>;
  /** By meeting; they outlive a room that fails, or that empties for a moment. */
  readonly #doors = new Map<string, DoorMemory>();
  /** Being made, so that two who come at once get the same room. */
  readonly #opening = new Map<string, Promise<Room>>();
  #closed = false;

  constructor(options: RoomsOptions) {
    this.#sfu = options.sfu;
    this.#logger = options.logger;
    this.#saveDoor = options.saveDoor ?? (() => undefined);
    for (const [meetingId, record] of options.doors ?? []) this.#remember(meetingId, record);
  }

  get(meetingId: string): Room | undefined {
    return this.#rooms.get(meetingId);
  }

  all(): Room[] {
    return [...this.#rooms.values()];
  }

  /** Whether anybody who was in, and whose connection or room was lost, may come back to it. */
  isAwaited(meetingId: string): boolean {
    return (this.#doors.get(meetingId)?.seats.size ?? 0) > 0;
  }

  /**
   * The room of this meeting, made if need be, with a hold on it so that it does not close before
   * its first member is in. Errors: `media-unavailable`.
   */
  async enter(meetingId: string): Promise<{ room: Room; release: () => void }> {
    const room = this.#rooms.get(meetingId) ?? (await this.#open(meetingId));
    // A room that was closed between its making and now is made again.
    if (room.closed) return this.enter(meetingId);
    return { room, release: room.hold() };
  }

  /** Its room closes, and nothing of it is remembered. */
  meetingEnded(meetingId: string): void {
    this.get(meetingId)?.close('meeting-ended');
    this.#doors.delete(meetingId);
    this.#saveDoor(meetingId, undefined);
  }

  /** Closes all. Twice is silent. */
  close(reason: LeaveReason): void {
    this.#closed = true;
    for (const room of this.all()) room.close(reason);
    this.events.removeAllListeners();
  }

  #open(meetingId: string): Promise<Room> {
    const opening = this.#opening.get(meetingId) ?? this.#create(meetingId);
    this.#opening.set(meetingId, opening);
    return opening;
  }

  async #create(meetingId: string): Promise<Room> {
    try {
      this.#mustBeOpen();
      const router = await this.#sfu.createRouter();
      const room = new Room({
        meetingId,
        router,
        logger: this.#logger,
        memory: this.#doorOf(meetingId),
      });
      room.events.once('closed', () => this.#rooms.delete(meetingId));
      if (this.#closed) room.close('connection-lost');
      this.#mustBeOpen();
      this.#rooms.set(meetingId, room);
      this.events.emit('opened', room);
      return room;
    } finally {
      this.#opening.delete(meetingId);
    }
  }

  #doorOf(meetingId: string): DoorMemory {
    this.#restDoors();
    return this.#doors.get(meetingId) ?? this.#remember(meetingId);
  }

  /** Of meetings that nobody is in, or comes back to: what is still worth remembering is kept. */
  #restDoors(): void {
    for (const [id, memory] of this.#doors) {
      if (memory.seats.size > 0 || this.#rooms.has(id)) continue;
      memory.rest();
      if (!memory.isBlank) continue;
      this.#doors.delete(id);
      this.#saveDoor(id, undefined);
    }
  }

  #remember(meetingId: string, record?: DoorRecord): DoorMemory {
    const onChange = (memory: DoorMemory): void => this.#saveDoor(meetingId, memory.record());
    const memory = new DoorMemory({ now: () => performance.now(), record, onChange });
    this.#doors.set(meetingId, memory);
    return memory;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new AppError('unavailable', 'The server is stopping.');
  }
}
