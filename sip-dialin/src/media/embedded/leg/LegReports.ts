import type { LegQuality } from '../../PhoneMedia.ts';
import type { ReceptionStats } from '../rtp/ReceptionStats.ts';
import type { RtcpPacket } from '../rtp/rtcp.ts';
import type { LegOutput } from './LegOutput.ts';
import { QualityMeter } from './QualityMeter.ts';

/** RFC 3550 section 6.2. */
export const REPORT_INTERVAL_MS = 5000;
/** Packets are held for one tick at least; a phone holds them about twice as long as their jitter. */
const LEAST_DEPTH_MS = 20;

/** RTCP of one call: our reports, the phone's, and what both tell of the call. */
export class LegReports {
  readonly #quality = new QualityMeter();
  readonly #send: (datagram: Uint8Array) => void;
  readonly #onQuality: (quality: LegQuality) => void;
  #nextAt: number;

  constructor(options: {
    send: (datagram: Uint8Array) => void;
    onQuality: (quality: LegQuality) => void;
    now: number;
  }) {
    this.#send = options.send;
    this.#onQuality = options.onQuality;
    this.#nextAt = options.now + REPORT_INTERVAL_MS;
  }

  /** Once a second or so. `heldMs`: of the caller's sound, waiting to be played in a room. */
  housekeep(
    output: LegOutput,
    reception: ReceptionStats | undefined,
    heldMs: number | undefined,
    now: number,
  ): void {
    if (now < this.#nextAt) return;
    this.#nextAt = now + REPORT_INTERVAL_MS;
    const wallMs = Date.now();
    this.#send(output.sender.report(wallMs, reception, now));
    this.#quality.reportSent(wallMs, now);
    const depthMs = Math.max(LEAST_DEPTH_MS, heldMs ?? 2 * (reception?.jitterMs ?? 0));
    const quality = this.#quality.take(output.codec, reception, depthMs, now);
    if (quality) this.#onQuality(quality);
  }

  received(
    packet: RtcpPacket,
    output: LegOutput | undefined,
    reception: ReceptionStats | undefined,
    now: number,
  ): void {
    if (packet.type !== 'sr' && packet.type !== 'rr') return;
    if (packet.type === 'sr' && packet.ssrc === reception?.ssrc) {
      reception.senderReport(packet.sender.ntpSeconds, packet.sender.ntpFraction, now);
    }
    const block = packet.reports.find(({ ssrc }) => ssrc === output?.sender.ssrc);
    if (block && output) this.#quality.reported(block, output.codec, now);
  }
}
