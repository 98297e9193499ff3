/**
 * ITU-T G.711: mu-law and A-law, by table. Linear PCM is 16 bits; mu-law uses the upper 14 of
 * them, A-law the upper 13.
 */

export type G711Law = 'PCMU' | 'PCMA';

export interface G711Codec {
  readonly law: G711Law;
  /** The code of digital silence. */
  readonly silence: number;
  /** Whether there is nothing in these codes: no sample above -63 dBov. */
  isSilent(codes: Uint8Array): boolean;
  /** Whether this is what the codes decode to, every sample of it. */
  isSoundOf(codes: Uint8Array, pcm: Int16Array): boolean;
  /** Decodes into `out` (at least as long) and gives the samples written. */
  decode(codes: Uint8Array, out: Int16Array): number;
  /** Encodes into `out` (at least as long) and gives the bytes written. */
  encode(pcm: Int16Array, out: Uint8Array): number;
}

/** As loud as what counts for silence. */
const SILENT_SAMPLE = 24;
/** Mu-law's bias, in 16-bit units: 33 in the 14-bit domain of the Recommendation. */
const MU_BIAS = 132;
const MU_CLIP = 32635;

/** Mu-law codes are sent inverted (G.711 section 3.2, table 2a note 2). */
function decodeMu(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + MU_BIAS) << ((bits >> 4) & 7)) - MU_BIAS;
  return bits & 0x80 ? -magnitude : magnitude;
}

function encodeMu(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), MU_CLIP) + MU_BIAS;
  const segment = 24 - Math.clz32(magnitude); // 132 = 2^7 + 4 lies in segment 0.
  return ~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f)) & 0xff;
}

/** A-law codes have their even bits inverted (G.711 section 3.2, table 1a note 2). */
function decodeA(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

function encodeA(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  // Arithmetic shift and complement: -1 falls into the first negative step, as the tables have it.
  const magnitude = (sample >= 0 ? sample : ~sample) >> 3;
  const segment = Math.max(0, 27 - Math.clz32(magnitude | 0x10));
  const step = segment <= 1 ? (magnitude >> 1) & 0x0f : (magnitude >> segment) & 0x0f;
  return (sign | (segment << 4) | step) ^ 0x55;
}

function makeCodec(
  law: G711Law,
  silence: number,
  decodeOne: (code: number) => number,
  encodeOne: (sample: number) => number,
): G711Codec {
  const linear = Int16Array.from({ length: 256 }, (_, code) => decodeOne(code));
  const isLoud = Uint8Array.from(linear, (sample) => Number(Math.abs(sample) > SILENT_SAMPLE));
  const codesOf = Uint8Array.from({ length: 65536 }, (_, i) => encodeOne(i - 32768));
  return {
    law,
    silence,
    isSilent(codes) {
      for (let i = 0; i < codes.length; i++) if (isLoud[codes[i]!]) return false;
      return true;
    },
    isSoundOf(codes, pcm) {
      if (codes.length !== pcm.length) return false;
      for (let i = 0; i < codes.length; i++) if (linear[codes[i]!] !== pcm[i]) return false;
      return true;
    },
    decode(codes, out) {
      const { length } = codes;
      for (let i = 0; i < length; i++) out[i] = linear[codes[i]!]!;
      return length;
    },
    encode(pcm, out) {
      const { length } = pcm;
      for (let i = 0; i < length; i++) out[i] = codesOf[pcm[i]! + 32768]!;
      return length;
    },
  };
}

export const PCMU: G711Codec = makeCodec('PCMU', 0xff, decodeMu, encodeMu);
export const PCMA: G711Codec = makeCodec('PCMA', 0xd5, decodeA, encodeA);

export function g711(law: G711Law): G711Codec {
  return law === 'PCMU' ? PCMU : PCMA;
}
