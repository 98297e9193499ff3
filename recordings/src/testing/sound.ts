import { createDecoder, createEncoder } from 'libopus-wasm';
import { parseOgg, type OggPage } from './parseOgg.ts';

/*
 * Sound for tests: made, encoded as a browser would, decoded as a player would, and measured.
 */

export const RATE = 48_000;
export const FRAME = 960;

/** A sine, int16. */
export function tone(hertz: number, ms: number, amplitude = 8000): Int16Array {
  return Int16Array.from({ length: ms * 48 }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hertz * i) / RATE)),
  );
}

/** A sweep from 300 to 3000 Hz: its place can be found to the sample. */
export function chirp(ms: number, amplitude = 8000): Int16Array {
  const length = ms * 48;
  return Int16Array.from({ length }, (_, i) => {
    const t = i / RATE;
    const sweep = (2700 / (2 * (length / RATE))) * t * t;
    return Math.round(amplitude * Math.sin(2 * Math.PI * (300 * t + sweep)));
  });
}

/** `sound` put into silence of `ms`, at `atMs`. */
export function within(ms: number, atMs: number, sound: Int16Array): Int16Array {
  const pcm = new Int16Array(ms * 48);
  pcm.set(sound, atMs * 48);
  return pcm;
}

/** Opus packets of 20 ms. */
export async function encode(pcm: Int16Array): Promise<Uint8Array[]> {
  const encoder = await createEncoder({ sampleRate: RATE, channels: 1, bitrate: 48_000 });
  const packets: Uint8Array[] = [];
  for (let at = 0; at + FRAME <= pcm.length; at += FRAME) {
    packets.push(encoder.encode(pcm.subarray(at, at + FRAME)));
  }
  encoder.free();
  return packets;
}

/** Decodes an Ogg Opus file as RFC 7845 says: pre-skip dropped, cut at the last granule position. */
export async function decodeOgg(bytes: Buffer): Promise<Int16Array> {
  const pages = parseOgg(bytes);
  const preSkip = pages[0]!.packets[0]!.readUInt16LE(10);
  const decoder = await createDecoder({ sampleRate: RATE, channels: 1 });
  const parts = pages.slice(2).flatMap(({ packets }) => packets.map((p) => decoder.decode(p)));
  decoder.free();
  const pcm = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    pcm.set(part, at);
    at += part.length;
  }
  return pcm.subarray(preSkip, pages.at(-1)!.granule);
}

/** Level of one frequency in dB of full scale (Goertzel). */
export function level(pcm: Int16Array, hertz: number): number {
  const w = (2 * Math.PI * hertz) / RATE;
  let [s1, s2] = [0, 0];
  for (const sample of pcm) [s1, s2] = [sample / 32_768 + 2 * Math.cos(w) * s1 - s2, s1];
  const power = s1 * s1 + s2 * s2 - 2 * Math.cos(w) * s1 * s2;
  return 10 * Math.log10(Math.max(1e-20, (4 * power) / pcm.length ** 2));
}

/** Where `sound` is in `pcm`, in ms, looked for within `aroundMs` ± 60 ms (cross-correlation). */
export function find(pcm: Int16Array, sound: Int16Array, aroundMs: number): number {
  let best = -Infinity;
  let bestAt = 0;
  const from = Math.max(0, Math.round((aroundMs - 60) * 48));
  for (let at = from; at <= (aroundMs + 60) * 48; at++) {
    let sum = 0;
    for (let i = 0; i < sound.length && at + i < pcm.length; i += 2)
      sum += sound[i]! * pcm[at + i]!;
    if (sum > best) [best, bestAt] = [sum, at];
  }
  return bestAt / 48;
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

/** A part of an Ogg Opus file, in ms of its time, without decoding the rest. */
export async function decodeOggPart(
  pages: readonly OggPage[],
  fromMs: number,
  toMs: number,
): Promise<Int16Array> {
  const preSkip = pages[0]!.packets[0]!.readUInt16LE(10);
  const [from, to] = [fromMs * 48 + preSkip, toMs * 48 + preSkip];
  const decoder = await createDecoder({ sampleRate: RATE, channels: 1 });
  const pcm = new Int16Array(to - from);
  let at = 0;
  for (const { packets, granule } of pages.slice(2)) {
    // The last page may be cut; a decoder needs to hear a little of what was before.
    if (granule < from - 10 * FRAME) at = granule;
    else {
      for (const packet of packets) {
        const part = decoder.decode(packet);
        const [first, last] = [Math.max(0, from - at), Math.min(part.length, to - at)];
        if (last > first) pcm.set(part.subarray(first, last), at + first - from);
        at += part.length;
      }
    }
    if (at >= to) break;
  }
  decoder.free();
  return pcm;
}
