import { G722Band } from './g722Band.ts';
import {
  HIGH_BAND,
  HIGH_DECISION,
  LOW_BAND,
  LOW_DECISIONS,
  LOW_LEVELS,
  lowCode,
  QMF,
  saturate,
} from './g722Tables.ts';

/*
 * ITU-T G.722 in mode 1: 64 kbit/s, 16 kHz. Two samples make one code: six bits of the low band,
 * two of the high one above them. RTP counts 8 kHz by mistake (RFC 3551 section 4.5.2), so a code
 * is one unit of the timestamp.
 */

const TAPS = 24;
/** No packet holds more: 120 ms. */
const MAX_SAMPLES = 1920;

/** The last 24 samples of the filter, and room for the next packet behind them. */
class QmfLine {
  readonly samples = new Int32Array(TAPS + MAX_SAMPLES);

  /** Keeps the last `TAPS - 2` of `count` new samples. */
  moveOn(count: number): void {
    this.samples.copyWithin(0, count, count + TAPS - 2);
  }

  copyFrom({ samples }: QmfLine): void {
    this.samples.set(samples.subarray(0, TAPS - 2));
  }
}

/** Remembers its stream: one for each. */
export class G722Encoder {
  readonly #low = new G722Band(LOW_BAND);
  readonly #high = new G722Band(HIGH_BAND);
  readonly #line = new QmfLine();

  /** Encodes 16 kHz, an even number of samples up to 120 ms; gives the bytes written to `out`. */
  encode(pcm: Int16Array, out: Uint8Array): number {
    const line = this.#line.samples;
    line.set(pcm, TAPS - 2);
    const count = pcm.length >> 1;
    for (let i = 0; i < count; i++) {
      let odd = 0;
      let even = 0;
      for (let k = 0; k < 12; k++) {
        odd += line[2 * (i + k)]! * QMF[k]!;
        even += line[2 * (i + k) + 1]! * QMF[11 - k]!;
      }
      out[i] = this.#encodeHigh((even - odd) >> 14) | this.#encodeLow((even + odd) >> 14);
    }
    this.#line.moveOn(2 * count);
    return count;
  }

  /** From now on it makes what the other would: a listener may go over from that to this. */
  copyFrom(other: G722Encoder): void {
    this.#low.copyFrom(other.#low);
    this.#high.copyFrom(other.#high);
    this.#line.copyFrom(other.#line);
  }

  /** Block QUANTL. */
  #encodeLow(sample: number): number {
    const band = this.#low;
    const error = saturate(sample - band.prediction);
    const magnitude = error < 0 ? ~error : error;
    let interval = 1;
    while (interval < 30 && magnitude >= (LOW_DECISIONS[interval]! * band.step) >> 12) interval++;
    const code = lowCode(interval, error < 0);
    band.adapt(code >> 2);
    return code;
  }

  /** Block QUANTH; the code in its place above the low one. */
  #encodeHigh(sample: number): number {
    const band = this.#high;
    const error = saturate(sample - band.prediction);
    const magnitude = error < 0 ? ~error : error;
    const outer = magnitude >= (HIGH_DECISION * band.step) >> 12;
    const code = error < 0 ? (outer ? 0 : 1) : outer ? 2 : 3;
    band.adapt(code);
    return code << 6;
  }
}

/** Remembers its stream: one for each. */
export class G722Decoder {
  readonly #low = new G722Band(LOW_BAND);
  readonly #high = new G722Band(HIGH_BAND);
  readonly #line = new QmfLine();

  /** Decodes up to 120 ms to 16 kHz; gives the samples written to `out`, two for each code. */
  decode(codes: Uint8Array, out: Int16Array): number {
    const line = this.#line.samples;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!;
      const low = this.#decodeLow(code & 63);
      const high = this.#decodeHigh(code >> 6);
      const at = 2 * i + TAPS - 2;
      line[at] = low + high;
      line[at + 1] = low - high;
      let first = 0;
      let second = 0;
      for (let k = 0; k < 12; k++) {
        second += line[2 * (i + k)]! * QMF[k]!;
        first += line[2 * (i + k) + 1]! * QMF[11 - k]!;
      }
      out[2 * i] = saturate(first >> 11);
      out[2 * i + 1] = saturate(second >> 11);
    }
    this.#line.moveOn(2 * codes.length);
    return 2 * codes.length;
  }

  /** From now on it goes on as the other would. */
  copyFrom(other: G722Decoder): void {
    this.#low.copyFrom(other.#low);
    this.#high.copyFrom(other.#high);
    this.#line.copyFrom(other.#line);
  }

  #decodeLow(code: number): number {
    const band = this.#low;
    const sample = limit15(band.prediction + ((band.step * LOW_LEVELS[code]!) >> 15));
    band.adapt(code >> 2);
    return sample;
  }

  #decodeHigh(code: number): number {
    const band = this.#high;
    const sample = limit15(band.prediction + ((band.step * HIGH_BAND.inverse[code]!) >> 15));
    band.adapt(code);
    return sample;
  }
}

/** Block LIMIT. */
function limit15(value: number): number {
  return value > 16383 ? 16383 : value < -16384 ? -16384 : value;
}
