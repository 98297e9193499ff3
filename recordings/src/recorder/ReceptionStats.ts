import { CLOCK_RATE } from '../format/opus.ts';
import type { RtpPacket } from './rtp.ts';
import { seqDiff } from './seq16.ts';

/** One source in a receiver report (RFC 3550 section 6.4.1). */
export interface ReportBlock {
  ssrc: number;
  /** Of 256, since the last report. */
  fractionLost: number;
  cumulativeLost: number;
  highestSeq: number;
  /** In units of the RTP clock. */
  jitter: number;
  lastSr: number;
  delaySinceLastSr: number;
}

/** Counts the packets of one SSRC for receiver reports (RFC 3550 appendices A.3 and A.8). */
export class ReceptionStats {
  readonly #ssrc: number;
  #first: number | null = null;
  #highest = 0;
  #cycles = 0;
  #received = 0;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #transit: number | null = null;
  #jitter = 0;
  #lastSr = 0;
  #lastSrAt = 0;

  constructor(ssrc: number) {
    this.#ssrc = ssrc;
  }

  /** Packets so far, and those that are missing by their numbers. */
  get counts(): { received: number; lost: number } {
    const expected = this.#cycles * 65_536 + this.#highest - (this.#first ?? 1) + 1;
    const lost = this.#first === null ? 0 : Math.max(0, expected - this.#received);
    return { received: this.#received, lost };
  }

  /** `now`: ms, monotonic. */
  received(packet: RtpPacket, now: number): void {
    this.#received++;
    this.#first ??= this.#highest = packet.seq;
    if (seqDiff(packet.seq, this.#highest) > 0) {
      if (packet.seq < this.#highest) this.#cycles++;
      this.#highest = packet.seq;
    }
    const transit = Math.trunc((now * CLOCK_RATE) / 1000) - packet.timestamp;
    if (this.#transit !== null) {
      // Timestamps wrap: only differences count.
      const difference = Math.abs((transit - this.#transit) | 0);
      this.#jitter += (difference - this.#jitter) / 16;
    }
    this.#transit = transit;
  }

  /** `middle`: the middle 32 bits of the sender report's NTP timestamp. */
  senderReport(middle: number, now: number): void {
    this.#lastSr = middle;
    this.#lastSrAt = now;
  }

  /** The block for a report at `now`; `null` before the first packet. */
  report(now: number): ReportBlock | null {
    if (this.#first === null) return null;
    const highestSeq = this.#cycles * 65_536 + this.#highest;
    const expected = highestSeq - this.#first + 1;
    const interval = expected - this.#expectedPrior;
    const lost = interval - (this.#received - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = this.#received;
    return {
      ssrc: this.#ssrc,
      fractionLost:
        interval <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / interval)),
      cumulativeLost: Math.max(0, Math.min(0x7fffff, expected - this.#received)),
      highestSeq: highestSeq >>> 0,
      jitter: Math.floor(this.#jitter) >>> 0,
      lastSr: this.#lastSr,
      delaySinceLastSr:
        this.#lastSr === 0 ? 0 : Math.floor(((now - this.#lastSrAt) * 65_536) / 1000),
    };
  }
}
