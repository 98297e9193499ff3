import { JitterBuffer, MAX_LAG_MS } from '../jitter/JitterBuffer.ts';
import { Concealment } from './Concealment.ts';
import { FRAME_MS } from './FrameClock.ts';
import { PcmQueue } from './PcmQueue.ts';
import { lengthen, MAX_PERIOD_MS, shorten, type Splice } from './timeScale.ts';

type LeftOut = Splice & { maxMs: number };

/** From here on what can be left out is: a typical pitch period. */
const SPARE_MS = 12;
/** What is less deep than aimed at by more than this is mended. */
const TOLERATED_MS = 2;
/** Periods this like each other are joined unheard. */
const ALIKE = 0.9;
/** With this much too much, anything is joined. */
const MUCH_MS = 60;
/** Between two changes, so that the pace is not heard: one period in five frames. */
const PACE_MS = 100;
/** Less is asked for when there is a lot to mend. */
const FAST_PACE_MS = 40;
/** Where no periods are alike, others are looked at after this. */
const RETRY_MS = 60;
/** After so many looks (300 ms, longer than a hiss within a word) it is no voice: less is asked for, */
const PATIENT_TRIES = 5;
/** by this much at each look: in half a second more any stretch of noise will do. */
const IMPATIENCE = 0.1;
/** How many looks one that was good makes up for: a voice has its periods back by then. */
const FORGIVEN_TRIES = 2;
/** As much of a look is one that comes at every tick. */
const TICK_TRIES = FRAME_MS / RETRY_MS;
/** What is left out where less is asked for need not be a period: there is more to choose from. */
const MAX_STRETCH_MS = 25;
/** When something would wait longer than this we hurry, */
const HURRY_MS = 105;
/** by at least this much in a frame, whatever it sounds like. */
const HURRY: LeftOut = { minMs: 7.5, maxMs: MAX_PERIOD_MS, likeness: -1 };
/** So fast we surely play then, but for what is decoded already: that may take this much longer. */
const HURRY_SPEED = 1.3;
const DECODED_MS = 8;

/** What a codec does. What it gives may be written to. */
export interface PlayoutDecoder<T> {
  /** `undefined` when there is nothing in it to hear. */
  decode(payload: T): Int16Array | undefined;
  /** For a codec with means of its own; `next` is the packet after the one that is missing. */
  conceal?(samples: number, next: T | undefined): Int16Array | undefined;
}

/**
 * One stream on its way from packets to frames: jitter buffer, decoder, concealment. It is brought to
 * the depth that the jitter asks for, and follows the sender's clock, by leaving out or repeating
 * single pitch periods; and nothing is played more than `MAX_LAG_MS` after its arrival.
 */
export class Playout<T> {
  /** Milliseconds that were left out, put in, and left out of what was not to be heard anyway. */
  readonly stats = { shortenedMs: 0, lengthenedMs: 0, leftOutMs: 0 };
  readonly jitter: JitterBuffer<T>;
  readonly #rate: number;
  readonly #clockRate: number;
  readonly #decoder: PlayoutDecoder<T>;
  readonly #queue = new PcmQueue();
  readonly #concealment: Concealment;
  /** Whether the last thing that was queued was sound. */
  #sounds = false;
  #changedAt = -Infinity;
  #triedAt = -Infinity;
  /** Looks for something to leave out that found nothing, less those that did. */
  #failedTries = 0;
  #hold = false;
  #led = false;
  #approaches = false;
  /** What was decoded last: when it came, if it came, and how many samples it is. */
  #last = { arrivedAt: Infinity, samples: 0 };

  /** `clockRate`: of the timestamps; `pcmRate`: of what is decoded. */
  constructor(options: { clockRate: number; pcmRate: number; decoder: PlayoutDecoder<T> }) {
    this.#clockRate = options.clockRate;
    this.#rate = options.pcmRate;
    this.#decoder = options.decoder;
    this.jitter = new JitterBuffer(options.clockRate, FRAME_MS);
    this.#concealment = new Concealment(options.pcmRate);
  }

  /** What is decoded and yet to be played. */
  get queuedMs(): number {
    return (this.#queue.length * 1000) / this.#rate;
  }

  /** What has come and is yet to be played. */
  get heldMs(): number {
    return this.queuedMs + this.jitter.heldMs;
  }

  /** Whether the next packet has come. */
  get isReady(): boolean {
    return this.jitter.isReady;
  }

  /** How far what is played next is behind a packet on time, at `now`. */
  lagMs(now: number): number {
    return this.jitter.lagMs(now) + this.queuedMs;
  }

  /** `units`: how long the payload lasts, in units of the timestamp. */
  push(sequenceNumber: number, timestamp: number, units: number, payload: T, now: number): void {
    this.jitter.push(sequenceNumber, timestamp, units, payload, now, this.queuedMs);
  }

  /**
   * Its packets are played as they come, the latest first. `afresh`: what is queued before it is
   * left out, since nobody hears it.
   */
  lead(afresh: boolean): void {
    this.#led = true;
    this.#approaches = false;
    this.#hold = false;
    this.jitter.lead();
    if (afresh) this.#queue.discard(this.#queue.length);
  }

  /** It may lead as soon as hardly anything waits to be played: what waits is used up. */
  approach(): void {
    this.#approaches = true;
  }

  get isLed(): boolean {
    return this.#led;
  }

  /** A silent packet, where nobody hears what is held: that is forgotten. */
  rest(sequenceNumber: number, timestamp: number, now: number): void {
    this.jitter.rest(sequenceNumber, timestamp, now);
    this.#queue.discard(this.#queue.length);
    this.#sounds = false;
    this.#hold = false;
  }

  /** Whether nothing plays, and nothing has come that will. */
  get isResting(): boolean {
    return !this.jitter.isPlaying && this.jitter.length === 0 && this.#queue.length === 0;
  }

  /** They are buffered again. */
  follow(): void {
    this.#led = false;
    this.#approaches = false;
    this.jitter.follow();
  }

  /** Fills `frame` (20 ms) with what is to be heard at `now`. False when there is only silence. */
  pull(frame: Int16Array, now: number): boolean {
    if (this.#hold) {
      this.#hold = false;
      return false;
    }
    this.#fill(frame.length, now);
    if (!this.#led) this.#bound(frame.length, now);
    if (this.#led || this.#approaches) this.#useUp(frame.length, now);
    else this.#adjust(frame.length, now);
    return this.#queue.read(frame) > 0;
  }

  /** What has arrived is not to be heard: the depth is put right at once. Call it after `pull`. */
  settle(now: number): void {
    if (!this.jitter.isPlaying) return;
    const spare = this.#spareMs(now + FRAME_MS);
    while (this.queuedMs < spare && this.jitter.hasNext) this.#queueNext(now, 0);
    this.#leaveOut(spare);
    this.#hold = this.#isShallow(now + FRAME_MS);
  }

  #leaveOut(ms: number): void {
    const before = this.#queue.length;
    this.#queue.discard(Math.floor((ms * this.#rate) / 1000));
    this.stats.leftOutMs += ((before - this.#queue.length) * 1000) / this.#rate;
  }

  /**
   * By how much a packet on time is here before the tick that needs it. That goes in whole ticks:
   * what is left over of a frame (`queuedMs % FRAME_MS`) makes what follows wait, and no safer.
   */
  #depthMs(now: number): number {
    return this.jitter.lagMs(now) + this.queuedMs - (this.queuedMs % FRAME_MS);
  }

  /** How much can be left out: the next packets are then still here when they are needed. */
  #spareMs(now: number): number {
    const { jitter, queuedMs } = this;
    const ticks = Math.floor((this.#depthMs(now) - jitter.targetMs) / FRAME_MS);
    if (ticks < 0) return 0;
    const spare = ticks * FRAME_MS + (queuedMs % FRAME_MS);
    // On a path that has become slower the lag is long, and yet there is nothing to spare.
    return Math.max(0, Math.min(spare, jitter.heldMs + queuedMs - jitter.targetMs));
  }

  /** Whether something must be put in, so that packets on time are here when they are needed. */
  #isShallow(now: number): boolean {
    return this.#depthMs(now) < this.jitter.targetMs - TOLERATED_MS;
  }

  #fill(samples: number, now: number): void {
    while (this.#queue.length < samples) {
      if (!this.#queueNext(now, samples - this.#queue.length)) break;
    }
  }

  /** Queues what follows. False when that is silence. */
  #queueNext(now: number, missing: number): boolean {
    const pcm = this.#next(now, missing);
    this.#sounds = pcm !== undefined;
    if (pcm) this.#queue.write(pcm);
    return this.#sounds;
  }

  #next(now: number, missing: number): Int16Array | undefined {
    const pulled = this.jitter.pull(now);
    this.#last.arrivedAt = Infinity;
    switch (pulled.kind) {
      case 'packet': {
        const pcm = this.#decoder.decode(pulled.payload);
        if (!pcm) return undefined;
        this.#last = { arrivedAt: pulled.arrivedAt, samples: pcm.length };
        if (pulled.cut && this.#sounds) this.#concealment.join();
        return this.#concealment.heard(pcm);
      }
      case 'lost':
        return this.#conceal((pulled.samples * this.#rate) / this.#clockRate, pulled.next);
      case 'starved':
        return this.#conceal(missing, undefined);
      case 'silence':
        return undefined;
    }
  }

  #conceal(samples: number, next: T | undefined): Int16Array | undefined {
    if (!this.#decoder.conceal) return this.#concealment.make(samples);
    const pcm = this.#decoder.conceal(samples, next);
    return pcm && this.#concealment.heard(pcm);
  }

  /** What was queued when it began to lead goes, a period at a time. */
  #useUp(frame: number, now: number): void {
    const queuedMs = ((this.#queue.length - frame) * 1000) / this.#rate;
    const surplus = queuedMs + this.jitter.heldMs;
    if (surplus <= 0 || now - this.#changedAt < PACE_MS || now - this.#triedAt < RETRY_MS) return;
    this.#try(frame, surplus, ALIKE / 2, now);
  }

  /** Leaves something out, at most `spareMs`, if it is so alike, or less if that is long in vain. */
  #try(frame: number, spareMs: number, alike: number, now: number): void {
    const likeness = this.#asked(alike);
    const maxMs = Math.min(spareMs, likeness < ALIKE ? MAX_STRETCH_MS : MAX_PERIOD_MS);
    this.#tried(this.#shorten(frame, { maxMs, likeness }, now), now);
  }

  #asked(alike: number): number {
    const impatience = IMPATIENCE * Math.max(0, this.#failedTries - PATIENT_TRIES);
    return Math.max(-1, alike - impatience);
  }

  #tried(found: boolean, now: number): void {
    this.#failedTries = Math.max(0, this.#failedTries + (found ? -FORGIVEN_TRIES : 1));
    if (!found) this.#triedAt = now;
  }

  /** However much has come at once: it is played in time, in a hurry, or it is left out. */
  #bound(frame: number, now: number): void {
    const { jitter } = this;
    const worst = (): number => jitter.worstLagMs(now + this.queuedMs / HURRY_SPEED, HURRY_SPEED);
    while (jitter.length > 0 && worst() > MAX_LAG_MS - DECODED_MS) {
      if (!this.#shorten(frame, HURRY, now)) jitter.hasten();
    }
    const late = now + this.#aheadOfLastMs() - this.#last.arrivedAt - MAX_LAG_MS;
    if (late > 0) this.#leaveOut(Math.min(late + 1, this.#aheadOfLastMs()));
  }

  #aheadOfLastMs(): number {
    return (Math.max(0, this.#queue.length - this.#last.samples) * 1000) / this.#rate;
  }

  #adjust(frame: number, now: number): void {
    const { jitter } = this;
    if (!jitter.isPlaying || this.#queue.length < frame) return;
    if (jitter.worstLagMs(now + this.queuedMs, 1) > HURRY_MS) {
      this.#shorten(frame, HURRY, now);
      return;
    }
    if (now - this.#triedAt < RETRY_MS) return;
    const since = now - this.#changedAt;
    const spare = this.#spareMs(now);
    if (spare >= SPARE_MS) {
      if (since < (spare > MUCH_MS / 2 ? FAST_PACE_MS : PACE_MS)) return;
      const alike = ALIKE * Math.min(1, (MUCH_MS - spare) / (MUCH_MS - FRAME_MS));
      this.#try(frame, spare, alike, now);
      return;
    }
    if (!this.#isShallow(now)) this.#failedTries = 0;
    else if (since >= PACE_MS) this.#lengthen(now);
  }

  /** Leaves out a stretch, and leaves a frame. Looks ahead for that as far as packets have come. */
  #shorten(frame: number, splice: LeftOut, now: number): boolean {
    const wanted = frame + (splice.maxMs * this.#rate) / 1000;
    while (this.#queue.length < wanted && this.jitter.hasNext) {
      if (!this.#queueNext(now, 0)) break;
    }
    const spareMs = ((this.#queue.length - frame) * 1000) / this.#rate;
    const maxMs = Math.min(splice.maxMs, spareMs);
    const ms = shorten(this.#queue, this.#rate, { ...splice, maxMs });
    this.stats.shortenedMs += ms;
    if (ms > 0) this.#changedAt = now;
    return ms > 0;
  }

  #lengthen(now: number): void {
    const short = this.jitter.targetMs - this.#depthMs(now);
    // The nearer it is to missing packets, the less it is asked how alike the periods are.
    const likeness = ALIKE * Math.max(0, 1 - (short - TOLERATED_MS) / FRAME_MS);
    const ms = lengthen(this.#queue, this.#rate, { likeness: this.#asked(likeness) });
    this.stats.lengthenedMs += ms;
    if (ms > 0) this.#changedAt = now;
    // It is looked for at every tick, as there is no time to lose.
    this.#failedTries = Math.max(0, this.#failedTries + (ms > 0 ? -FORGIVEN_TRIES : TICK_TRIES));
  }
}
