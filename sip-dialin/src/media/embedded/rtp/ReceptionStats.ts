import { ntpMiddle, type ReportBlock } from './rtcp.ts';
import { extendSeq, seqDiff } from './seq16.ts';
import { timestampDiff } from './timestamp32.ts';

/** A step further than this is a restart of the sender, not loss (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000;

/** What a receiver report says of one SSRC (RFC 3550 appendices A.1, A.3 and A.8). */
export class ReceptionStats {
  readonly ssrc: number;
  readonly #rate: number;
  #first: number | undefined;
  #highest = 0;
  #received = 0;
  #jitter = 0;
  #lastArrivalMs = 0;
  #lastTimestamp = 0;
  #reported = { expected: 0, received: 0 };
  /** At the last `takeLoss`. */
  #taken = { expected: 0, received: 0 };
  #senderReport: { middle: number; at: number } | undefined;

  constructor(ssrc: number, rate: number) {
    this.ssrc = ssrc;
    this.#rate = rate;
  }

  get received(): number {
    return this.#received;
  }

  /** Interarrival jitter in milliseconds. */
  get jitterMs(): number {
    return (this.#jitter * 1000) / this.#rate;
  }

  /** `arrivalMs`: monotonic. */
  push(sequenceNumber: number, timestamp: number, arrivalMs: number): void {
    const step = seqDiff(sequenceNumber, this.#highest & 0xffff);
    if (this.#first === undefined || Math.abs(step) > MAX_DROPOUT) {
      this.#first = this.#highest = sequenceNumber;
      this.#received = 0;
      this.#reported = this.#taken = { expected: 0, received: 0 };
    } else if (timestamp !== this.#lastTimestamp) {
      const elapsed = ((arrivalMs - this.#lastArrivalMs) * this.#rate) / 1000;
      const difference = Math.abs(elapsed - timestampDiff(timestamp, this.#lastTimestamp));
      // A pause or a jump of the sender's clock is no jitter.
      if (difference < this.#rate) this.#jitter += (difference - this.#jitter) / 16;
    }
    this.#highest = Math.max(this.#highest, extendSeq(this.#highest, sequenceNumber));
    this.#received += 1;
    // The packets of a key all have the time of its beginning: only the first tells of jitter.
    if (timestamp === this.#lastTimestamp && this.#received > 1) return;
    this.#lastArrivalMs = arrivalMs;
    this.#lastTimestamp = timestamp;
  }

  /** A sender report of this SSRC arrived. */
  senderReport(ntpSeconds: number, ntpFraction: number, now: number): void {
    this.#senderReport = { middle: ntpMiddle(ntpSeconds, ntpFraction), at: now };
  }

  /** Share lost since the last call of this, 0 to 1; `undefined` when nothing was to come. */
  takeLoss(): number | undefined {
    if (this.#first === undefined) return undefined;
    const expected = this.#highest - this.#first + 1;
    const expectedNow = expected - this.#taken.expected;
    const receivedNow = this.#received - this.#taken.received;
    this.#taken = { expected, received: this.#received };
    return expectedNow > 0 ? Math.max(0, expectedNow - receivedNow) / expectedNow : undefined;
  }

  /** The block for our next report; `undefined` while nothing was received. */
  report(now: number): ReportBlock | undefined {
    if (this.#first === undefined) return undefined;
    const expected = this.#highest - this.#first + 1;
    const expectedNow = expected - this.#reported.expected;
    const lostNow = expectedNow - (this.#received - this.#reported.received);
    this.#reported = { expected, received: this.#received };
    const last = this.#senderReport;
    return {
      ssrc: this.ssrc,
      fractionLost: lostNow > 0 ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0,
      cumulativeLost: expected - this.#received,
      extendedHighestSeq: this.#highest >>> 0,
      jitter: Math.floor(this.#jitter),
      lastSr: last?.middle ?? 0,
      delaySinceLastSr: last ? Math.round(((now - last.at) * 65536) / 1000) >>> 0 : 0,
    };
  }
}
