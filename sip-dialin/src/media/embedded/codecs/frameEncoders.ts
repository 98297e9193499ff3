import { Downsampler2x } from '../mixer/halfBand.ts';
import { createOpusEncoder, type PhoneEncoder } from './opus.ts';
import { g711, type G711Law } from './g711.ts';
import { G722Encoder } from './g722.ts';
import type { LegCodec } from './legCodecs.ts';

/** 20 ms at 16 kHz: a frame of the mixer. */
export const WIDE_SAMPLES = 320;
/** 20 ms, in codes at 8 kHz. */
const CODES = 160;

/** Makes a stream of one codec from the mixer's frames. It remembers what it has made. */
export interface FrameEncoder {
  readonly codec: LegCodec;
  /** Encodes 20 ms at 16 kHz into a buffer of its own. */
  encode(wide: Int16Array): Uint8Array;
  /** Goes on where another of the same codec is, so that a listener can change over unheard. */
  follow(other: FrameEncoder): void;
  free(): void;
}

/** The caller frees it. */
export async function createFrameEncoder(codec: LegCodec): Promise<FrameEncoder> {
  if (codec === 'opus') return new OpusFrameEncoder(await createOpusEncoder());
  return codec === 'G722' ? new G722FrameEncoder() : new G711FrameEncoder(codec);
}

class G711FrameEncoder implements FrameEncoder {
  readonly codec: G711Law;
  readonly #downsampler = new Downsampler2x();
  readonly #narrow = new Int16Array(CODES);

  constructor(law: G711Law) {
    this.codec = law;
  }

  encode(wide: Int16Array): Uint8Array {
    this.#downsampler.process(wide, this.#narrow);
    const codes = new Uint8Array(CODES);
    g711(this.codec).encode(this.#narrow, codes);
    return codes;
  }

  follow(other: FrameEncoder): void {
    if (other instanceof G711FrameEncoder) this.#downsampler.copyFrom(other.#downsampler);
  }

  free(): void {}
}

class G722FrameEncoder implements FrameEncoder {
  readonly codec = 'G722';
  readonly #encoder = new G722Encoder();

  encode(wide: Int16Array): Uint8Array {
    const codes = new Uint8Array(CODES);
    this.#encoder.encode(wide, codes);
    return codes;
  }

  follow(other: FrameEncoder): void {
    if (other instanceof G722FrameEncoder) this.#encoder.copyFrom(other.#encoder);
  }

  free(): void {}
}

class OpusFrameEncoder implements FrameEncoder {
  readonly codec = 'opus';
  readonly #encoder: Pick<PhoneEncoder, 'encode' | 'free'>;

  constructor(encoder: Pick<PhoneEncoder, 'encode' | 'free'>) {
    this.#encoder = encoder;
  }

  encode(wide: Int16Array): Uint8Array {
    return this.#encoder.encode(wide);
  }

  /** A decoder fades over a change of encoders by itself. */
  follow(): void {}

  free(): void {
    this.#encoder.free();
  }
}

/** 20 ms of silence, for a stream that has nothing to say. */
export function silentFrame(encoder: FrameEncoder): Uint8Array {
  const silence = new Int16Array(WIDE_SAMPLES);
  // A few frames until its filters and steps have come to rest.
  for (let i = 0; i < 5; i++) encoder.encode(silence);
  return encoder.encode(silence);
}
