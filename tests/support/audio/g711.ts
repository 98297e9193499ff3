/*
 * G.711 (ITU-T G.711, 1988) for the far end of a test: written apart from the product's codec, so that
 * the one checks the other.
 */

const MULAW_BIAS = 0x84;
const MULAW_CLIP = 32635;

function mulawToLinear(byte: number): number {
  const inverted = ~byte & 0xff;
  const magnitude =
    ((((inverted & 0x0f) << 3) + MULAW_BIAS) << ((inverted & 0x70) >> 4)) - MULAW_BIAS;
  return (inverted & 0x80) !== 0 ? -magnitude : magnitude;
}

function linearToMulaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), MULAW_CLIP) + MULAW_BIAS;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

function alawToLinear(byte: number): number {
  const toggled = byte ^ 0x55;
  const exponent = (toggled & 0x70) >> 4;
  const mantissa = (toggled & 0x0f) << 4;
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1);
  return (toggled & 0x80) !== 0 ? magnitude : -magnitude;
}

const MULAW = Int16Array.from({ length: 256 }, (_, byte) => mulawToLinear(byte));
const ALAW = Int16Array.from({ length: 256 }, (_, byte) => alawToLinear(byte));

/** mu-law bytes to linear PCM. */
export function decodeMulaw(bytes: Uint8Array): Int16Array {
  return Int16Array.from(bytes, (byte) => MULAW[byte]!);
}

/** A-law bytes to linear PCM. */
export function decodeAlaw(bytes: Uint8Array): Int16Array {
  return Int16Array.from(bytes, (byte) => ALAW[byte]!);
}

/** Linear PCM to mu-law bytes. */
export function encodeMulaw(samples: Int16Array): Uint8Array {
  return Uint8Array.from(samples, linearToMulaw);
}
