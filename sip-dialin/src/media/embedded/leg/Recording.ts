import type { LegFormat } from '../codecs/legCodecs.ts';
import { Concealment } from '../mixer/Concealment.ts';
import { Upsampler2x } from '../mixer/halfBand.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { seqDiff } from '../rtp/seq16.ts';
import { timestampDiff } from '../rtp/timestamp32.ts';
import { withoutSilence } from './withoutSilence.ts';

/** A step of the timestamp by more than this is a new timeline of the caller's. */
const JUMP_MS = 2000;

/** A packet's sound; without any where the caller pauses or presses a key. */
interface Piece {
  /** Samples from the start of the recording. */
  at: number;
  ssrc: number;
  sequenceNumber: number;
  pcm: Int16Array;
}

/** Where the caller's timestamps lie in the recording. */
interface Timeline {
  ssrc: number;
  timestamp: number;
  at: number;
  arrivedMs: number;
}

const NOTHING = new Int16Array(0);

function endOf({ at, pcm }: Piece): number {
  return at + pcm.length;
}

/** What one caller says, for a while: each packet where its timestamp says, whenever it arrives. */
export class Recording {
  readonly #maxMs: number;
  readonly #startedMs: number;
  #format: LegFormat | undefined;
  #timeline: Timeline | undefined;
  #pieces: Piece[] = [];

  /** `now`: milliseconds of a monotonic clock. */
  constructor(maxMs: number, now: number) {
    this.#maxMs = maxMs;
    this.#startedMs = now;
  }

  isOver(now: number): boolean {
    return now - this.#startedMs >= this.#maxMs;
  }

  /** Takes PCM and keeps it: the caller must not write to it afterwards. */
  push(packet: RtpPacket, pcm: Int16Array, format: LegFormat, now: number): void {
    if (this.#format !== format) {
      this.#format = format; // Another codec was negotiated: it begins anew.
      this.#timeline = undefined;
      this.#pieces = [];
    }
    this.#add(packet, pcm, format, now);
  }

  /** A packet without audio: nothing is missing before what comes next. */
  passOver(packet: RtpPacket, now: number): void {
    if (this.#format && this.#timeline) this.#add(packet, NOTHING, this.#format, now);
  }

  /** The last `ms` are no words: a key that was told only now. */
  forgetLast(ms: number): void {
    const last = this.#pieces.reduce<Piece | undefined>(
      (latest, piece) => (latest && endOf(latest) > endOf(piece) ? latest : piece),
      undefined,
    );
    if (!last || !this.#format) return;
    const limit = Math.max(0, endOf(last) - (ms * this.#format.pcmRate) / 1000);
    this.#pieces = this.#pieces
      .filter(({ at }) => at < limit)
      .map((piece) => ({ ...piece, pcm: piece.pcm.subarray(0, limit - piece.at) }));
    this.#pieces.push({ ...last, at: limit, pcm: NOTHING }); // Nothing was lost there.
  }

  /** 16 kHz, without silence at both ends; empty when nothing was said. */
  finish(): Int16Array {
    if (!this.#format) return NOTHING;
    const { pcmRate } = this.#format;
    const pcm = this.#joined(pcmRate);
    if (pcmRate === 16_000) return withoutSilence(pcm);
    const wide = new Int16Array(pcm.length * 2);
    new Upsampler2x().process(pcm, wide);
    return withoutSilence(wide);
  }

  #add(packet: RtpPacket, pcm: Int16Array, format: LegFormat, now: number): void {
    const { ssrc, sequenceNumber } = packet;
    const at = this.#place(packet, format, now);
    if (at < 0 || at + pcm.length > (this.#maxMs * format.pcmRate) / 1000) return;
    this.#pieces.push({ at, ssrc, sequenceNumber, pcm });
  }

  #place({ ssrc, timestamp }: RtpPacket, { clockRate, pcmRate }: LegFormat, now: number): number {
    const known = this.#timeline;
    if (known?.ssrc === ssrc) {
      const units = timestampDiff(timestamp, known.timestamp);
      if (Math.abs(units) <= (JUMP_MS * clockRate) / 1000) {
        const at = known.at + Math.round((units * pcmRate) / clockRate);
        if (units > 0) this.#timeline = { ssrc, timestamp, at, arrivedMs: now };
        return at;
      }
    }
    // Another timeline goes on by the clock.
    const elapsedMs = known ? now - known.arrivedMs : 0;
    const at = (known?.at ?? 0) + Math.round((elapsedMs * pcmRate) / 1000);
    this.#timeline = { ssrc, timestamp, at, arrivedMs: now };
    return at;
  }

  /** All in order, with lost packets made up for, pauses silent, and each stretch once. */
  #joined(pcmRate: number): Int16Array {
    const pieces = this.#pieces.toSorted((a, b) => a.at - b.at);
    const length = Math.max(0, ...pieces.map(({ at, pcm }) => at + pcm.length));
    const joined = new Int16Array(length);
    const concealment = new Concealment(pcmRate);
    let before: Piece | undefined;
    let end = 0;
    for (const piece of pieces) {
      const { at, pcm, ssrc, sequenceNumber } = piece;
      const isLost = before?.ssrc === ssrc && seqDiff(sequenceNumber, before.sequenceNumber) > 1;
      const isPause = before?.pcm.length === 0 || pcm.length === 0;
      if (at > end && isLost && !isPause) joined.set(concealment.make(at - end), end);
      before = piece;
      if (at + pcm.length <= end) continue;
      joined.set(concealment.heard(pcm.subarray(Math.max(0, end - at))), Math.max(at, end));
      end = at + pcm.length;
    }
    return joined;
  }
}
