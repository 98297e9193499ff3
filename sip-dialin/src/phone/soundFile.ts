/** What a phone plays and saves: 8 kHz mono, 16 bits. */
export const PHONE_RATE = 8000;

/** Half-width of the interpolating filter, in samples of the slower side. */
const LOBES = 12;
const PCM = 1;
const EXTENSIBLE = 0xfffe;

/**
 * Reads a WAV file (16-bit PCM, any rate, mono or more channels mixed to one) as phone sound.
 * Throws an `Error` of one line for anything else.
 */
export function readSound(file: Uint8Array): Int16Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const tag = (at: number): string =>
    String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
  if (file.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw new Error('it is no WAV');
  let format: { channels: number; rate: number } | undefined;
  for (let at = 12; at + 8 <= file.length;) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    const end = Math.min(start + size, file.length);
    if (tag(at) === 'fmt ' && end - start >= 16) {
      const named = view.getUint16(start, true);
      const code =
        named === EXTENSIBLE && end - start >= 26 ? view.getUint16(start + 24, true) : named;
      const bits = view.getUint16(start + 14, true);
      if (code !== PCM || bits !== 16) throw new Error('it must be 16-bit PCM');
      format = { channels: view.getUint16(start + 2, true), rate: view.getUint32(start + 4, true) };
      if (format.channels < 1 || format.rate < 1000) throw new Error('its format is broken');
    }
    if (tag(at) === 'data') {
      if (format === undefined) throw new Error('it has no format');
      const { channels, rate } = format;
      const frames = Math.floor((end - start) / (2 * channels));
      const mono = Float32Array.from({ length: frames }, (_, frame) => {
        let sum = 0;
        for (let c = 0; c < channels; c++) {
          sum += view.getInt16(start + 2 * (frame * channels + c), true);
        }
        return sum / channels;
      });
      return toPhoneRate(mono, rate);
    }
    at = start + size + (size & 1); // Chunks begin at even offsets.
  }
  throw new Error('it has no sound in it');
}

/** Windowed-sinc interpolation; going down, what the phone's band cannot hold is filtered off. */
function toPhoneRate(input: Float32Array, rate: number): Int16Array {
  const step = rate / PHONE_RATE;
  const cutoff = Math.min(1, 1 / step);
  const reach = Math.ceil(LOBES / cutoff);
  const output = new Int16Array(Math.floor(input.length / step));
  for (let i = 0; i < output.length; i++) {
    const centre = i * step;
    let sum = 0;
    for (let k = Math.ceil(centre - reach); k <= centre + reach; k++) {
      sum += (input[k] ?? 0) * kernel((k - centre) * cutoff) * cutoff;
    }
    output[i] = Math.max(-32768, Math.min(32767, Math.round(sum)));
  }
  return output;
}

function kernel(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / LOBES);
  return (Math.sin(Math.PI * x) / (Math.PI * x)) * window;
}

/** Phone sound as a WAV file. */
export function writeSound(samples: Int16Array): Uint8Array {
  const out = new Uint8Array(44 + samples.length * 2);
  const view = new DataView(out.buffer);
  const put = (at: number, text: string): void => out.set(new TextEncoder().encode(text), at);
  put(0, 'RIFF');
  view.setUint32(4, 36 + samples.length * 2, true);
  put(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, PHONE_RATE, true);
  view.setUint32(28, PHONE_RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  put(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, i) => view.setInt16(44 + 2 * i, sample, true));
  return out;
}
