import { DelayEstimator } from './DelayEstimator.ts';
import { Unwrapper, type Place } from './Unwrapper.ts';

/** One frame of the tick: less would starve at the slightest delay of our own timer. */
export const MIN_TARGET_MS = 20;
/** With a frame that is part played, and what is tolerated, the whole lag is below `MAX_LAG_MS`. */
export const MAX_TARGET_MS = 80;
/** Nothing is played later than this after it has arrived. */
export const MAX_LAG_MS = 120;
/** What is further ahead than this on arrival is not played in time, however fast we play. */
const MAX_AHEAD_MS = 130;
/** Concealment for longer turns speech into a drone. */
const MAX_CONCEAL_MS = 100;

interface Held<T> extends Place {
  samples: number;
  payload: T;
  arrivedAt: number;
}

export type Pull<T> =
  /** `cut`: it does not follow on what was given before, though no time has passed. */
  | { kind: 'packet'; payload: T; cut: boolean; arrivedAt: number }
  /** A packet is missing: make up for `samples`. `next` is the one right after it, for FEC. */
  | { kind: 'lost'; samples: number; next: T | undefined }
  /** Nothing has come in time: make up for one tick. */
  | { kind: 'starved' }
  /** The sender pauses, or all is quiet. */
  | { kind: 'silence' };

const SILENCE: Pull<never> = { kind: 'silence' };
const STARVED: Pull<never> = { kind: 'starved' };

/**
 * Puts the packets of one SSRC in order and in time again. The depth it aims at (`targetMs`) follows
 * the measured jitter; the caller comes to it by playing faster or slower (`Playout`). Time is a
 * parameter, in milliseconds of a monotonic clock.
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
  #numbers = new Unwrapper();
  /** What is due next; `undefined` while nothing plays. */
  #due: Place | undefined;
  #lastSamples: number;
  #concealedMs = 0;
  /** Something was dropped since the last `pull`. */
  #cut = false;
  /** See `lead`. */
  #led = false;
  /** Numbers to pass over, while something plays. */
  readonly #passed = new Set<number>();

  /** `rate`: RTP timestamp units per second. `tickMs`: how often `pull` is called. */
  constructor(rate: number, tickMs: number) {
    this.#rate = rate;
    this.#tickMs = tickMs;
    this.#lastSamples = (rate * tickMs) / 1000;
  }

  /** The delay aimed at between the arrival of a packet on time and the tick that needs it. */
  get targetMs(): number {
    return Math.min(MAX_TARGET_MS, Math.max(MIN_TARGET_MS, this.#delay.jitterMs));
  }

  get length(): number {
    return this.#held.length;
  }

  /** Whether `pull` gives what is due next, and need not make it up, while it leads. */
  get isReady(): boolean {
    const head = this.#held[0];
    return (
      head !== undefined && (!this.#due || head.seq <= this.#due.seq || head.at <= this.#due.at)
    );
  }

  get isPlaying(): boolean {
    return this.#due !== undefined;
  }

  /** Whether the next packet is here and follows on without a gap. */
  get hasNext(): boolean {
    const head = this.#held[0];
    return head?.seq === this.#due?.seq && head !== undefined && head.at <= this.#due!.at;
  }

  /** From what is due next to the end of what has arrived. */
  get heldMs(): number {
    const last = this.#held.at(-1);
    return last ? Math.max(0, this.#ms(last.at + last.samples - this.#from())) : 0;
  }

  /**
   * `samples`: how long the payload lasts, in timestamp units. `queuedMs`: what was pulled and is
   * yet to be played.
   */
  push(
    seq16: number,
    timestamp: number,
    samples: number,
    payload: T,
    now: number,
    queuedMs = 0,
  ): void {
    this.stats.received += 1;
    const place = this.#place(seq16, timestamp, now);
    const packet = { ...place, samples, payload, arrivedAt: now };
    if (this.#due && (packet.seq < this.#due.seq || (this.#led && packet.at < this.#due.at))) {
      this.stats.late += 1;
      return;
    }
    this.#insert(packet);
    while (this.#held.length > 1 && this.#aheadMs() + queuedMs > MAX_AHEAD_MS) this.#dropFirst();
  }

  /**
   * Packets are played as they come, from the latest on: `pull` is called when one has come, or when
   * it is made up for. What comes after that is too late.
   */
  lead(): void {
    this.#led = true;
    const latest = this.#held.at(-1);
    if (!latest) return;
    this.#held = [latest];
    this.#due = { seq: latest.seq, at: latest.at };
    this.#passed.clear();
    this.#concealedMs = 0;
  }

  /** They are buffered again; what comes late is played, with more delay. */
  follow(): void {
    this.#led = false;
  }

  /** Time is short: what is missing is not made up for; where nothing is missing, a packet goes. */
  hasten(): void {
    const head = this.#held[0];
    if (!head || !this.#due || head.at <= this.#due.at) {
      this.#dropFirst();
      return;
    }
    this.stats.lost += Math.max(0, head.seq - this.#due.seq);
    this.#due = { seq: head.seq, at: head.at };
    this.#cut = true;
  }

  /** The sender used this number for something that is not to be played. */
  passOver(seq16: number): void {
    const seq = this.#due && this.#numbers.extend(seq16);
    if (seq !== undefined) this.#passed.add(seq);
  }

  /** A silent packet: it is not to be played, nor is anything before it. What comes next starts anew. */
  rest(seq16: number, timestamp: number, now: number): void {
    this.stats.received += 1;
    this.#place(seq16, timestamp, now);
    this.#held.length = 0;
    if (this.#due) this.#stop();
  }

  /** What to play next, as far as it can be known at `now`. */
  pull(now: number): Pull<T> {
    if (this.#skipPassed() && this.#held.length === 0) this.#stop();
    if (this.#led) return this.#pullAtOnce();
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
  pause(): void {
    if (this.#held.length === 0) this.#stop();
  }

  /** How long ago what is due next was due to arrive. */
  lagMs(now: number): number {
    return this.#due ? this.#delay.lagMs(this.#ms(this.#due.at), now) : 0;
  }

  /**
   * The longest that any packet here will have waited since its arrival, if what is due next begins
   * at `playAt` and all is played at this speed.
   */
  worstLagMs(playAt: number, speed: number): number {
    let worst = 0;
    let at = playAt;
    let end = this.#from();
    for (const packet of this.#held) {
      // A gap is made up for until the packet after it is due, in whole packets, seen at a tick.
      const wait = this.targetMs - this.#delay.lagMs(this.#ms(packet.at), at) + this.#tickMs;
      const gap = Math.min(this.#ms(packet.at - end), wait + this.#ms(this.#lastSamples));
      if (wait > 0 && gap > 0) at += gap;
      worst = Math.max(worst, at - packet.arrivedAt);
      at += this.#ms(packet.samples) / speed;
      end = packet.at + packet.samples;
    }
    return worst;
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
    const cut = this.#cut || (this.#due !== undefined && this.#due.at !== head.at);
    this.#cut = false;
    this.#due = { seq: head.seq + 1, at: head.at + head.samples };
    this.#lastSamples = head.samples;
    this.#concealedMs = 0;
    return { kind: 'packet', payload: head.payload, cut, arrivedAt: head.arrivedAt };
  }

  #pullAtOnce(): Pull<T> {
    const head = this.#held[0];
    const due = this.#due;
    if (head && this.isReady) {
      this.stats.lost += due ? Math.max(0, head.seq - due.seq) : 0;
      return this.#play(head);
    }
    if (!due) return SILENCE;
    this.#concealedMs += this.#tickMs;
    if (this.#concealedMs > MAX_CONCEAL_MS) {
      this.#stop();
      return SILENCE;
    }
    this.stats.starved += 1;
    // Its number is not known to be lost: the sender may pause. But its time is over.
    this.#due = { seq: due.seq, at: due.at + this.#lastSamples };
    const next = head && head.seq === due.seq + 1 ? head.payload : undefined;
    return { kind: 'lost', samples: this.#lastSamples, next };
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
    if (this.#delay.lagMs(this.#ms(due.at), now) < this.targetMs) {
      return this.#starve();
    }
    const samples = Math.min(this.#lastSamples, head.at - due.at);
    const next = head.seq === due.seq + 1 ? head.payload : undefined;
    this.#due = { seq: due.seq + 1, at: due.at + samples };
    this.stats.lost += 1;
    return { kind: 'lost', samples, next };
  }

  #isTime(head: Held<T>, now: number): boolean {
    return this.#delay.lagMs(this.#ms(head.at), now) >= this.targetMs;
  }

  /** Where a packet lies; what fits no way to what came before begins anew. */
  #place(seq16: number, timestamp: number, now: number): Place {
    const place = this.#numbers.push(seq16, timestamp);
    if (place && this.#delay.update(now, this.#ms(place.at))) return place;
    this.#reset();
    const first = this.#numbers.push(seq16, timestamp) ?? { seq: seq16, at: timestamp };
    this.#delay.update(now, this.#ms(first.at));
    return first;
  }

  #insert(packet: Held<T>): void {
    let index = this.#held.length;
    while (index > 0 && this.#held[index - 1]!.seq > packet.seq) index -= 1;
    if (this.#held[index - 1]?.seq === packet.seq) this.stats.duplicate += 1;
    else this.#held.splice(index, 0, packet);
  }

  #dropFirst(): void {
    const first = this.#held.shift();
    if (!first) return;
    this.stats.dropped += 1;
    this.#cut = true;
    if (this.#due) this.#due = { seq: first.seq + 1, at: first.at + first.samples };
  }

  /** Where what is to be played next begins. */
  #from(): number {
    return this.#due?.at ?? this.#held[0]?.at ?? 0;
  }

  /** What is to be played before the last packet. */
  #aheadMs(): number {
    const last = this.#held.at(-1);
    return last ? this.#ms(last.at - Math.max(this.#from(), this.#held[0]!.at)) : 0;
  }

  #reset(): void {
    this.stats.resets += 1;
    this.#held = [];
    this.#numbers = new Unwrapper();
    this.#stop();
    this.#delay = new DelayEstimator();
  }

  #ms(samples: number): number {
    return (samples * 1000) / this.#rate;
  }
}
