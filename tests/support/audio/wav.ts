import { readFile, writeFile } from 'node:fs/promises';
import { decodeMulaw, encodeMulaw } from './g711.ts';
import type { Sound } from './Sound.ts';

const PCM = 1;
const MULAW = 7;
const EXTENSIBLE = 0xfffe;

export type WavFormat = 'pcm16' | 'mulaw';

/** A RIFF/WAVE file; with two channels both have the sound. */
export function encodeWav(
  sound: Sound,
  format: WavFormat = 'pcm16',
  { channels = 1 }: { channels?: 1 | 2 } = {},
): Buffer {
  const { sampleRate } = sound;
  const samples = channels === 1 ? sound.samples : doubled(sound.samples);
  const bytes = format === 'pcm16' ? 2 : 1;
  const data =
    format === 'pcm16'
      ? Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
      : Buffer.from(encodeMulaw(samples));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + data.length + (data.length % 2), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(format === 'pcm16' ? PCM : MULAW, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * bytes * channels, 28);
  header.writeUInt16LE(bytes * channels, 32);
  header.writeUInt16LE(8 * bytes, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data, Buffer.alloc(data.length % 2)]);
}

function doubled(samples: Int16Array): Int16Array {
  const both = new Int16Array(2 * samples.length);
  for (let i = 0; i < both.length; i++) both[i] = samples[i >> 1]!;
  return both;
}

/**
 * PCM16 or mu-law, any number of channels (mixed to one). A `data` chunk that claims more than there is,
 * or nothing, counts as far as the file goes: it is still being written, or its writer was stopped.
 */
export function decodeWav(file: Uint8Array): Sound {
  const buffer = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (buffer.toString('latin1', 0, 4) !== 'RIFF' || buffer.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error('Not a WAV file.');
  }
  let format: { code: number; channels: number; sampleRate: number; bits: number } | undefined;
  for (let at = 12; at + 8 <= buffer.length;) {
    const name = buffer.toString('latin1', at, at + 4);
    const length = buffer.readUInt32LE(at + 4);
    const claimed = name === 'data' && length === 0 ? buffer.length : length;
    const body = buffer.subarray(at + 8, at + 8 + claimed);
    if (name === 'fmt ') {
      const code = body.readUInt16LE(0);
      format = {
        code: code === EXTENSIBLE ? body.readUInt16LE(24) : code,
        channels: body.readUInt16LE(2),
        sampleRate: body.readUInt32LE(4),
        bits: body.readUInt16LE(14),
      };
    } else if (name === 'data') {
      if (format === undefined) throw new Error('A WAV file without a format.');
      const { channels, sampleRate } = format;
      return { sampleRate, samples: toMono(linear(body, format.code, format.bits), channels) };
    }
    at += 8 + claimed + (claimed % 2);
  }
  throw new Error('A WAV file without sound.');
}

function linear(body: Buffer, code: number, bits: number): Int16Array {
  if (code === MULAW && bits === 8) return decodeMulaw(body);
  if (code !== PCM || bits !== 16) throw new Error(`WAV format ${code} with ${bits} bits.`);
  return Int16Array.from({ length: body.length >> 1 }, (_, i) => body.readInt16LE(2 * i));
}

function toMono(samples: Int16Array, channels: number): Int16Array {
  if (channels === 1) return samples;
  return Int16Array.from({ length: Math.floor(samples.length / channels) }, (_, i) => {
    const frame = samples.subarray(i * channels, (i + 1) * channels);
    return Math.round(frame.reduce((sum, sample) => sum + sample, 0) / channels);
  });
}

export async function readWav(path: string): Promise<Sound> {
  return decodeWav(await readFile(path));
}

export async function writeWav(path: string, sound: Sound, format?: WavFormat): Promise<void> {
  await writeFile(path, encodeWav(sound, format));
}
