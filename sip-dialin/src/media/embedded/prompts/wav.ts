import { AppError } from '@switchroom/protocol';
import { PCMU } from '../codecs/g711.ts';

const FORMAT_MULAW = 7;
const RATE = 16_000;

/**
 * Reads a prompt: WAV, 16 kHz, mono, 8-bit mu-law; gives 16 kHz PCM.
 * Errors: `media-unavailable`, which names the file.
 */
export function readPrompt(data: Uint8Array, file: string): Int16Array {
  const bad = (why: string): AppError =>
    new AppError('media-unavailable', `The prompt ${file} cannot be played: ${why}.`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE')
    throw bad('it is no WAV');

  let hasFormat = false;
  for (let at = 12; at + 8 <= data.length;) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (tag(view, at) === 'fmt ' && size >= 16 && start + 16 <= data.length) {
      const [format, channels] = [view.getUint16(start, true), view.getUint16(start + 2, true)];
      const [rate, bits] = [view.getUint32(start + 4, true), view.getUint16(start + 14, true)];
      if (format !== FORMAT_MULAW || channels !== 1 || rate !== RATE || bits !== 8) {
        throw bad('it must be 16 kHz, mono, 8-bit mu-law');
      }
      hasFormat = true;
    }
    if (tag(view, at) === 'data') {
      if (!hasFormat) throw bad('it has no format');
      if (start + size > data.length) throw bad('it is cut off');
      const pcm = new Int16Array(size);
      PCMU.decode(data.subarray(start, start + size), pcm);
      return pcm;
    }
    at = start + size + (size & 1); // Chunks begin at even offsets.
  }
  throw bad('it has no sound in it');
}

/** A WAV file of the kind that `readPrompt` reads, from 16 kHz PCM. */
export function writePrompt(pcm: Int16Array): Uint8Array {
  const out = new Uint8Array(44 + pcm.length);
  const view = new DataView(out.buffer);
  const put = (at: number, text: string): void => out.set(new TextEncoder().encode(text), at);
  put(0, 'RIFF');
  view.setUint32(4, 36 + pcm.length, true);
  put(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMAT_MULAW, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE, true); // Bytes a second.
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  put(36, 'data');
  view.setUint32(40, pcm.length, true);
  PCMU.encode(pcm, out.subarray(44));
  return out;
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}
