import type { LegQuality } from '../../PhoneMedia.ts';
import { LEG_FORMATS, type LegCodec } from '../codecs/legCodecs.ts';
import { meanOpinionScore } from '../rtp/eModel.ts';
import type { ReceptionStats } from '../rtp/ReceptionStats.ts';
import { ntpMiddle, ntpTime, type ReportBlock } from '../rtp/rtcp.ts';

/** A phone answers the last of our sender reports, or the one before. */
const REMEMBERED_REPORTS = 4;
/** Phones report every 5 s or so; after this long what one said counts no more. */
const OUTDATED_MS = 15_000;
/** Ours and theirs hold packets of about this length. */
const PACKET_MS = 20;

/** How one call is, by what arrives and by what the phone reports of what we send. */
export class QualityMeter {
  readonly #sent: { middle: number; at: number }[] = [];
  #theirs: { loss: number; jitterMs: number; at: number } | undefined;
  #roundTrip: { ms: number; at: number } | undefined;

  /** A report of ours goes out, at a wall-clock time in ms and a monotonic one. */
  reportSent(wallMs: number, now: number): void {
    const { ntpSeconds, ntpFraction } = ntpTime(wallMs);
    this.#sent.push({ middle: ntpMiddle(ntpSeconds, ntpFraction), at: now });
    if (this.#sent.length > REMEMBERED_REPORTS) this.#sent.shift();
  }

  /** What the phone reports of our stream (RFC 3550 section 6.4.1). */
  reported(block: ReportBlock, codec: LegCodec, now: number): void {
    const jitterMs = (block.jitter * 1000) / LEG_FORMATS[codec].clockRate;
    this.#theirs = { loss: block.fractionLost / 256, jitterMs, at: now };
    const answered = this.#sent.find(({ middle }) => middle === block.lastSr);
    if (!answered) return;
    const ms = now - answered.at - (block.delaySinceLastSr * 1000) / 65536;
    this.#roundTrip = { ms: Math.max(0, ms), at: now };
  }

  /**
   * Since the last call of this; `undefined` when nothing is known. `depthMs`: how long packets are held
   * before they are played, here; the phone is taken to hold them for as long.
   */
  take(
    codec: LegCodec,
    reception: ReceptionStats | undefined,
    depthMs: number,
    now: number,
  ): LegQuality | undefined {
    const ourLoss = reception?.takeLoss();
    const theirs = recent(this.#theirs, now);
    if (ourLoss === undefined && !theirs) return undefined;
    const loss = Math.max(ourLoss ?? 0, theirs?.loss ?? 0);
    const ourJitterMs = ourLoss === undefined ? 0 : (reception?.jitterMs ?? 0);
    const roundTripMs = recent(this.#roundTrip, now)?.ms ?? null;
    const delayMs = (roundTripMs ?? 0) / 2 + PACKET_MS + depthMs;
    return {
      mos: meanOpinionScore(codec, loss, delayMs),
      loss,
      jitterMs: Math.max(ourJitterMs, theirs?.jitterMs ?? 0),
      roundTripMs,
    };
  }
}

function recent<T extends { at: number }>(known: T | undefined, now: number): T | undefined {
  return known && now - known.at <= OUTDATED_MS ? known : undefined;
}
