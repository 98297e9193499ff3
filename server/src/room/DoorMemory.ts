import { toldSchema } from '@switchroom/protocol';
import { z } from 'zod';
import { Seats } from './Seats.ts';

/** As many that were put out are remembered for a meeting; the first are forgotten first. */
const MOST_PUT_OUT = 1000;

/** What is written down of a door, so that a server that starts again does not open what was shut. No token is in it. */
export const doorRecordSchema = z.object({
  locked: z.boolean(),
  hostCame: z.boolean(),
  seats: z.array(
    z.object({
      key: z.string(),
      participantId: z.string(),
      kind: z.enum(['browser', 'phone']),
      told: z.array(toldSchema),
    }),
  ),
  putOut: z.array(z.string()),
});
export type DoorRecord = z.infer<typeof doorRecordSchema>;

/**
 * What a door knows of its meeting for longer than its room is there: that it is locked, that the host has come, who has
 * a seat, for as long as anybody has one; and who was put out, until a host lets them in again or the meeting is over.
 */
export class DoorMemory {
  readonly seats: Seats;
  readonly #onChange: (memory: DoorMemory) => void;
  readonly #putOut: Set<string>;
  #locked: boolean;
  #hostCame: boolean;

  /** `now` is in ms, from any monotonic clock; `record`: of before a start. */
  constructor(options: {
    now: () => number;
    record?: DoorRecord | undefined;
    onChange?: (memory: DoorMemory) => void;
  }) {
    const { now, record, onChange = () => undefined } = options;
    this.seats = new Seats(now, record?.seats);
    this.#onChange = onChange;
    this.#locked = record?.locked ?? false;
    this.#hostCame = record?.hostCame ?? false;
    this.#putOut = new Set(record?.putOut);
  }

  get locked(): boolean {
    return this.#locked;
  }

  set locked(locked: boolean) {
    this.#locked = locked;
    this.changed();
  }

  get hostCame(): boolean {
    return this.#hostCame;
  }

  hostHasCome(): void {
    this.#hostCame = true;
  }

  /** Whether one of these keys is of somebody who was put out. */
  wasPutOut(keys: readonly string[]): boolean {
    return keys.some((key) => this.#putOut.has(key));
  }

  putOut(keys: readonly string[]): void {
    for (const key of keys) this.#putOut.add(key);
    for (const key of this.#putOut) {
      if (this.#putOut.size <= MOST_PUT_OUT) break;
      this.#putOut.delete(key);
    }
  }

  /** A host has let them in again. */
  forgive(keys: readonly string[]): void {
    for (const key of keys) this.#putOut.delete(key);
  }

  /** Nobody is in, or comes back: who comes next finds a new meeting. */
  rest(): void {
    this.#locked = false;
    this.#hostCame = false;
  }

  /** Whether nothing is worth remembering. */
  get isBlank(): boolean {
    return this.seats.size === 0 && this.#putOut.size === 0;
  }

  /** To be called after seats, hosts, those put out, or what somebody was told have changed. */
  changed(): void {
    this.#onChange(this);
  }

  /** Undefined when it is blank. */
  record(): DoorRecord | undefined {
    if (this.isBlank) return undefined;
    const seats = this.seats.records();
    const isInUse = seats.length > 0;
    return {
      locked: isInUse && this.locked,
      hostCame: isInUse && this.hostCame,
      seats,
      putOut: [...this.#putOut],
    };
  }
}
