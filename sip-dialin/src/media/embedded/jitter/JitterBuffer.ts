import { extendSeq } from '../rtp/seq16.ts';
import { timestampDiff } from '../rtp/timestamp32.ts';
import { DelayEstimator } from './DelayEstimator.ts';

/** One frame of the tick: less would starve at the slightest delay of our own timer. */
export const MIN_TARGET_MS = 20;
/** With at most one tick added by the phase this keeps the whole lag below `MAX_LAG_MS`. */
export const MAX_TARGET_MS = 100;
/** No listener lags more than this behind what has arrived: the oldest is dropped beyond. */
export const MAX_LAG_MS = 120;
/** Concealment for longer turns speech into a drone. */
const MAX_CONCEAL_MS = 100;

interface Held<T> {
  seq: number;
  /** Unwrapped timestamp. */
  at: number;
  samples: number;
  payload: T;
}

export type Pull<T> =
  | { kind: 'packet'; payload: T }
  /** A packet is missing: make up for `samples`. `next` is the one right after it, for FEC. */
  | { kind: 'lost'; samples: number; next: T | undefined }
  /** Nothing has come in time: make up for one tick. */
  | { kind: 'starved' }
  /** The sender pauses, or all is quiet. */
  | { kind: 'silence' };

const SILENCE: Pull<never> = { kind: 'silence' };
const STARVED: Pull<never> = { kind: 'starved' };

/**
 * Puts the packets of one SSRC in order and in time again. The depth follows the measured jitter;
 * changes of depth happen where they are not heard: in pauses, or where the caller finds a frame
 * quiet (`excessMs`). Time is a parameter, in milliseconds of a monotonic clock.
 */
export class JitterBuffer<T> {
  readonly stats = {
    received: 0,
    late: 0,
    duplicate: 0,
    lost: 0,
    starved: 0,
    dropped: 0,
    resets: 0,
  };
  readonly #rate: number;
  readonly #tickMs: number;
  /** In order of `seq`. */
  #held: Held<T>[] = [];
  #delay = new DelayEstimator();
  /** The latest packet that arrived, to unwrap by. */
  #newest: { seq: number; at: number; timestamp: number } | undefined;
  /** What is due next; `undefined` while nothing plays. */
  #due: { seq: number; at: number } | undefined;
  #lastSamples: number;
  #concealedMs = 0;
  /** Numbers to pass over, while something plays. */
  readonly #passed = new Set<number>();

  /** `rate`: RTP timestamp units per second. `tickMs`: how often `pull` is called. */
  constructor(rate: number, tickMs: number) {
    this.#rate = rate;
    this.#tickMs = tickMs;
    this.#lastSamples = (rate * tickMs) / 1000;
  }

  /** The delay aimed at between the arrival of a packet on time and its playing. */
  get targetMs(): number {
    return Math.min(MAX_TARGET_MS, Math.max(MIN_TARGET_MS, this.#delay.jitterMs));
  }

  get length(): number {
    return this.#held.length;
  }

  /** `samples`: how long the payload lasts, in timestamp units. */
  push(seq16: number, timestamp: number, samples: number, payload: T, now: number): void {
    this.stats.received += 1;
    let packet = this.#unwrap(seq16, timestamp, samples, payload);
    if (!this.#delay.update(now, this.#ms(packet.at))) {
      this.#reset();
      packet = this.#unwrap(seq16, timestamp, samples, payload);
      this.#delay.update(now, this.#ms(packet.at));
    }
    if (!this.#newest || packet.seq > this.#newest.seq) {
      this.#newest = { seq: packet.seq, at: packet.at, timestamp };
    }
    if (this.#due && packet.seq < this.#due.seq) {
      this.stats.late += 1;
      return;
    }
    this.#insert(packet);
    this.#dropOldest();
  }

  /** The sender used this number for something that is not to be played. */
  passOver(seq16: number): void {
    if (this.#due && this.#newest) this.#passed.add(extendSeq(this.#newest.seq, seq16));
  }

  /** What to play at `now`. */
  pull(now: number): Pull<T> {
    if (this.#skipPassed() && this.#held.length === 0) this.#stop();
    const head = this.#held[0];
    if (!this.#due) return head && this.#isTime(head, now) ? this.#play(head) : SILENCE;
    if (!head) return this.#starve();
    if (head.at <= this.#due.at || this.#isTime(head, now)) {
      this.stats.lost += Math.max(0, head.seq - this.#due.seq);
      return this.#play(head);
    }
    if (head.seq === this.#due.seq) return SILENCE; // It paused (DTX): the rest is yet to come.
    return this.#lose(head, now);
  }

  /** The sender said that it pauses: the next packet starts anew, nothing is concealed. */
  rest(): void {
    if (this.#held.length === 0) this.#stop();
  }

  /** How much longer than needed what is due next has waited. More than a tick can be left out. */
  excessMs(now: number): number {
    if (!this.#due || this.#held.length === 0) return 0;
    return this.#delay.lagMs(this.#ms(this.#due.at), now) - this.targetMs;
  }

  /** Whether there was anything to pass over just now. */
  #skipPassed(): boolean {
    if (!this.#due || this.#passed.size === 0) return false;
    const from = this.#due.seq;
    while (this.#passed.delete(this.#due.seq)) this.#due.seq += 1;
    return this.#due.seq > from;
  }

  /** Nothing plays: what comes next is buffered first. */
  #stop(): void {
    this.#due = undefined;
    this.#passed.clear();
  }

  #play(head: Held<T>): Pull<T> {
    this.#held.shift();
    this.#due = { seq: head.seq + 1, at: head.at + head.samples };
    this.#lastSamples = head.samples;
    this.#concealedMs = 0;
    return { kind: 'packet', payload: head.payload };
  }

  /** Time does not go on: if the packets are only late they are all played, with more delay. */
  #starve(): Pull<T> {
    this.#concealedMs += this.#tickMs;
    if (this.#concealedMs > MAX_CONCEAL_MS) {
      this.#stop();
      return SILENCE;
    }
    this.stats.starved += 1;
    return STARVED;
  }

  #lose(head: Held<T>, now: number): Pull<T> {
    const due = this.#due!;
    // The jitter has grown beyond our depth: it may be late only, so wait and be deeper from now on.
    if (this.#delay.lagMs(this.#ms(due.at), now) < this.targetMs - this.#tickMs / 2) {
      return this.#starve();
    }
    const samples = Math.min(this.#lastSamples, head.at - due.at);
    const next = head.seq === due.seq + 1 ? head.payload : undefined;
    this.#due = { seq: due.seq + 1, at: due.at + samples };
    this.stats.lost += 1;
    this.#concealedMs += this.#ms(samples);
    if (this.#concealedMs > MAX_CONCEAL_MS) return SILENCE;
    return { kind: 'lost', samples, next };
  }

  #isTime(head: Held<T>, now: number): boolean {
    return this.#delay.lagMs(this.#ms(head.at), now) >= this.targetMs;
  }

  #unwrap(seq16: number, timestamp: number, samples: number, payload: T): Held<T> {
    const newest = this.#newest;
    if (!newest) return { seq: seq16, at: timestamp, samples, payload };
    return {
      seq: extendSeq(newest.seq, seq16),
      at: newest.at + timestampDiff(timestamp, newest.timestamp),
      samples,
      payload,
    };
  }

  #insert(packet: Held<T>): void {
    let index = this.#held.length;
    while (index > 0 && this.#held[index - 1]!.seq > packet.seq) index -= 1;
    if (this.#held[index - 1]?.seq === packet.seq) this.stats.duplicate += 1;
    else this.#held.splice(index, 0, packet);
  }

  #dropOldest(): void {
    const last = this.#held.at(-1);
    if (!last) return;
    while (
      this.#held.length > 1 &&
      this.#ms(last.at + last.samples - this.#held[0]!.at) > MAX_LAG_MS
    ) {
      const oldest = this.#held.shift()!;
      this.stats.dropped += 1;
      if (this.#due) this.#due = { seq: oldest.seq + 1, at: oldest.at + oldest.samples };
    }
  }

  #reset(): void {
    this.stats.resets += 1;
    this.#held = [];
    this.#newest = undefined;
    this.#stop();
    this.#delay = new DelayEstimator();
  }

  #ms(samples: number): number {
    return (samples * 1000) / this.#rate;
  }
}
