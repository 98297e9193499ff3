import { readFile } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { AppError } from '@switchroom/protocol';
import type { Sound } from '../../PhoneMedia.ts';
import { createFrameEncoder, WIDE_SAMPLES } from '../codecs/frameEncoders.ts';
import type { LegCodec } from '../codecs/legCodecs.ts';
import { loopOf } from './loopOf.ts';
import { readPrompt } from './wav.ts';

/** Encoded, of 20 ms each. */
export type Frames = readonly Uint8Array[];

/** Waiting music: `once`, and then `again` for ever. */
export interface Loop {
  once: Frames;
  again: Frames;
}

/** The thread's other calls wait for one such stretch only: 200 ms of sound are encoded in a few ms. */
const FRAMES_AT_ONCE = 10;

/** Prompts are read and encoded once for each codec: playing one costs nothing. Bytes are not kept. */
export class PromptStore {
  readonly #pcm = new Cache<Int16Array>();
  readonly #frames = new Cache<Frames>();
  readonly #loops = new Cache<Loop>();

  /** A sound at 16 kHz, which must not be changed. Errors: `media-unavailable`. */
  pcm(sound: Sound): Promise<Int16Array> {
    if (typeof sound === 'string') return this.#pcm.get(sound, () => read(sound));
    return Promise.try(() => readPrompt(sound, 'recording'));
  }

  /** A sound in encoded frames of 20 ms, the last filled up. Errors: `media-unavailable`. */
  load(sound: Sound, codec: LegCodec): Promise<Frames> {
    const encoded = async (): Promise<Frames> => encode(codec, [await this.pcm(sound)]).then(first);
    return typeof sound === 'string' ? this.#frames.get(`${codec} ${sound}`, encoded) : encoded();
  }

  /** Sounds one after the other that begin again without a gap. Errors: `media-unavailable`. */
  loadLoop(sounds: readonly Sound[], codec: LegCodec): Promise<Loop> {
    const encoded = async (): Promise<Loop> => {
      const parts = await Promise.all(sounds.map((sound) => this.pcm(sound)));
      const { once, again } = loopOf(parts, WIDE_SAMPLES);
      // The encoder goes on from the one to the other, as the phone's decoder does.
      const [first, second] = await encode(codec, [once, again]);
      return { once: first!, again: second! };
    };
    const files = sounds.filter((sound) => typeof sound === 'string');
    if (files.length < sounds.length) return encoded();
    return this.#loops.get([codec, ...files].join('\0'), encoded);
  }
}

/** What was made once for a key, or is being made. */
class Cache<T> {
  readonly #made = new Map<string, Promise<T>>();

  get(key: string, make: () => Promise<T>): Promise<T> {
    let made = this.#made.get(key);
    if (!made) {
      made = make();
      this.#made.set(key, made);
      // A file that was not there may be there the next time.
      made.catch(() => this.#made.delete(key));
    }
    return made;
  }
}

async function read(file: string): Promise<Int16Array> {
  const data = await readFile(file).catch((cause: unknown) => {
    throw new AppError('media-unavailable', `The prompt ${file} cannot be read.`, { cause });
  });
  return readPrompt(data, file);
}

function first(parts: Frames[]): Frames {
  return parts[0]!;
}

/** Each part in frames of its own, by one encoder. */
async function encode(codec: LegCodec, parts: readonly Int16Array[]): Promise<Frames[]> {
  const encoder = await createFrameEncoder(codec);
  const frame = new Int16Array(WIDE_SAMPLES);
  const encoded: Uint8Array[][] = [];
  for (const pcm of parts) {
    const frames: Uint8Array[] = [];
    for (let at = 0; at < pcm.length; at += WIDE_SAMPLES) {
      const part = pcm.subarray(at, at + WIDE_SAMPLES);
      frame.set(part);
      frame.fill(0, part.length);
      frames.push(encoder.encode(frame));
      if (frames.length % FRAMES_AT_ONCE === 0) await breathe();
    }
    encoded.push(frames);
  }
  encoder.free();
  return encoded;
}
