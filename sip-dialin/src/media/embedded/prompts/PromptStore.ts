import { readFile } from 'node:fs/promises';
import { AppError } from '@switchroom/protocol';
import { g711, type G711Law } from '../codecs/g711.ts';
import { Downsampler2x } from '../mixer/halfBand.ts';
import { readPrompt } from './wav.ts';

/** Prompts are read once, and kept as they go on the wire: playing one costs nothing. */
export class PromptStore {
  readonly #files = new Map<string, Promise<Record<G711Law, Uint8Array>>>();

  /** The codes of a prompt file at 8 kHz. Errors: `media-unavailable`. */
  async load(file: string, law: G711Law): Promise<Uint8Array> {
    let loading = this.#files.get(file);
    if (!loading) {
      loading = load(file);
      this.#files.set(file, loading);
      // A file that was not there may be there the next time.
      loading.catch(() => this.#files.delete(file));
    }
    return (await loading)[law];
  }
}

async function load(file: string): Promise<Record<G711Law, Uint8Array>> {
  const data = await readFile(file).catch((cause: unknown) => {
    throw new AppError('media-unavailable', `The prompt ${file} cannot be read.`, { cause });
  });
  const pcm = readPrompt(data, file);
  const even = pcm.subarray(0, pcm.length & ~1);
  const narrow = new Int16Array(even.length / 2);
  new Downsampler2x().process(even, narrow);
  return { PCMU: encode(narrow, 'PCMU'), PCMA: encode(narrow, 'PCMA') };
}

function encode(pcm: Int16Array, law: G711Law): Uint8Array {
  const codes = new Uint8Array(pcm.length);
  g711(law).encode(pcm, codes);
  return codes;
}
