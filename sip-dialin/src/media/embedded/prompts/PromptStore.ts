import { readFile } from 'node:fs/promises';
import { AppError } from '@switchroom/protocol';
import { createFrameEncoder, WIDE_SAMPLES } from '../codecs/frameEncoders.ts';
import type { LegCodec } from '../codecs/legCodecs.ts';
import { readPrompt } from './wav.ts';

type Frames = readonly Uint8Array[];

interface Prompt {
  pcm: Int16Array;
  /** As it goes on the wire, by codec. */
  encoded: Map<LegCodec, Promise<Frames>>;
}

/** Prompts are read and encoded once for each codec: playing one costs nothing. */
export class PromptStore {
  readonly #files = new Map<string, Promise<Prompt>>();

  /** A prompt in encoded frames of 20 ms, the last filled up. Errors: `media-unavailable`. */
  async load(file: string, codec: LegCodec): Promise<Frames> {
    let loading = this.#files.get(file);
    if (!loading) {
      loading = read(file);
      this.#files.set(file, loading);
      // A file that was not there may be there the next time.
      loading.catch(() => this.#files.delete(file));
    }
    const { pcm, encoded } = await loading;
    let frames = encoded.get(codec);
    if (!frames) {
      frames = encode(pcm, codec);
      encoded.set(codec, frames);
    }
    return frames;
  }
}

async function read(file: string): Promise<Prompt> {
  const data = await readFile(file).catch((cause: unknown) => {
    throw new AppError('media-unavailable', `The prompt ${file} cannot be read.`, { cause });
  });
  return { pcm: readPrompt(data, file), encoded: new Map() };
}

async function encode(pcm: Int16Array, codec: LegCodec): Promise<Frames> {
  const encoder = await createFrameEncoder(codec);
  const frames: Uint8Array[] = [];
  const frame = new Int16Array(WIDE_SAMPLES);
  for (let at = 0; at < pcm.length; at += WIDE_SAMPLES) {
    const part = pcm.subarray(at, at + WIDE_SAMPLES);
    frame.set(part);
    frame.fill(0, part.length);
    frames.push(encoder.encode(frame));
  }
  encoder.free();
  return frames;
}
