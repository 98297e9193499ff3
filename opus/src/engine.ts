/** What libopus works at, Hz. */
export type SampleRate = 8000 | 12_000 | 16_000 | 24_000 | 48_000;

/** What is encoded (RFC 6716 section 2.1; opus_defines.h): with `restricted-lowdelay` by CELT alone. */
export type Application = 'voip' | 'audio' | 'restricted-lowdelay';

export interface EncoderOptions {
  sampleRate: SampleRate;
  application: Application;
  /** Bits a second. */
  bitrate: number;
  /** The encoder's effort, 0 to 10. */
  complexity?: number;
  /** Whether it may take for granted that somebody speaks. */
  isVoice?: boolean;
  /** Above 0 each packet tells of the one before it, too (in-band FEC), as far as that is worth it. */
  expectedLossPercent?: number;
  /** Hardly anything is sent of what goes on unchanged (DTX). */
  dtx?: boolean;
}

/** Encodes one mono stream. Whoever makes it frees it. Errors: `OpusError`. */
export interface OpusEncoder {
  /** By how many samples, at its rate, sound is later in the packets. */
  readonly lookahead: number;
  /** A packet of its own for 2.5, 5, 10, 20, 40 or 60 ms of 16-bit PCM. */
  encode(pcm: Int16Array): Uint8Array;
  setDtx(on: boolean): void;
  /** Twice is silent; nothing else may be asked of it afterwards. */
  free(): void;
}

/** Decodes one stream to mono, 16-bit PCM in arrays of their own. Whoever makes it frees it. Errors: `OpusError`. */
export interface OpusDecoder {
  decode(packet: Uint8Array): Int16Array;
  /**
   * What a packet tells of the one before it, which was lost, or else what might have been there. `samples`: how long that
   * one was, at the decoder's rate; a multiple of 2.5 ms.
   */
  decodeFec(packet: Uint8Array, samples: number): Int16Array;
  /** What might have been there where nothing came; `samples` as above. */
  conceal(samples: number): Int16Array;
  /** Twice is silent; nothing else may be asked of it afterwards. */
  free(): void;
}

/** One way to libopus. All pass the same tests. */
export interface OpusEngine {
  readonly name: 'native' | 'wasm';
  createEncoder(options: EncoderOptions): Promise<OpusEncoder>;
  createDecoder(options: { sampleRate: SampleRate }): Promise<OpusDecoder>;
}

/** What libopus refuses, with its code (opus_defines.h): -4 is a packet that is none. */
export class OpusError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'OpusError';
    this.code = code;
  }
}

/** By their numbers in opus_defines.h. */
export const APPLICATIONS = {
  voip: 2048,
  audio: 2049,
  'restricted-lowdelay': 2051,
} as const satisfies Record<Application, number>;
export const SIGNAL_VOICE = 3001;
