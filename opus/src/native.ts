import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import {
  APPLICATIONS,
  OpusError,
  SIGNAL_VOICE,
  type EncoderOptions,
  type OpusDecoder,
  type OpusEncoder,
  type OpusEngine,
  type SampleRate,
} from './engine.ts';

type Handle = { readonly handle: unique symbol };

/** What `native/opus.c` gives. A number below 0 is libopus' code for what went wrong. */
interface Addon {
  encoder(sampleRate: number, application: number): Handle | number;
  decoder(sampleRate: number): Handle | number;
  free(handle: Handle): void;
  set(encoder: Handle, request: number, value: number): number;
  lookahead(encoder: Handle): number;
  encode(encoder: Handle, pcm: Int16Array, packet: Uint8Array): number;
  decode(decoder: Handle, packet: Uint8Array | null, pcm: Int16Array, fec: 0 | 1): number;
  message(code: number): string;
}

/** Set-up builds it (scripts/setup/nativeAddons.mjs). */
const ADDON = fileURLToPath(new URL('../dist/opus.node', import.meta.url));

/** opus_defines.h. */
const SET = { bitrate: 4002, complexity: 4010, fec: 4012, loss: 4014, dtx: 4016, signal: 4024 };

/** What opus_encode() is recommended to be given. */
const packet = new Uint8Array(4000);
/** 120 ms at 48 kHz: the longest packet (RFC 6716 section 3.2.5). */
const pcm = new Int16Array(5760);

/** `undefined` where it is not built, or built for what is not there any more: another system, a library that was removed. */
export function loadNative(file = ADDON): OpusEngine | undefined {
  const addon = existsSync(file) ? loadAddon(file) : undefined;
  if (!addon) return undefined;
  return {
    name: 'native',
    createEncoder: async (options) => new NativeEncoder(addon, options),
    createDecoder: async ({ sampleRate }) => new NativeDecoder(addon, sampleRate),
  };
}

function loadAddon(file: string): Addon | undefined {
  try {
    return createRequire(import.meta.url)(file) as Addon;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_DLOPEN_FAILED') return undefined;
    throw error;
  }
}

class NativeEncoder implements OpusEncoder {
  readonly #addon: Addon;
  readonly #handle: Handle;

  constructor(addon: Addon, options: EncoderOptions) {
    const { sampleRate, application, bitrate, complexity, isVoice, dtx } = options;
    this.#addon = addon;
    this.#handle = made(addon, addon.encoder(sampleRate, APPLICATIONS[application]));
    this.#set(SET.bitrate, bitrate);
    if (complexity !== undefined) this.#set(SET.complexity, complexity);
    if (isVoice) this.#set(SET.signal, SIGNAL_VOICE);
    const loss = options.expectedLossPercent ?? 0;
    this.#set(SET.loss, loss);
    this.#set(SET.fec, loss > 0 ? 1 : 0);
    this.setDtx(dtx ?? false);
  }

  get lookahead(): number {
    return checked(this.#addon, this.#addon.lookahead(this.#handle));
  }

  encode(frame: Int16Array): Uint8Array {
    const bytes = checked(this.#addon, this.#addon.encode(this.#handle, frame, packet));
    return packet.slice(0, bytes);
  }

  setDtx(on: boolean): void {
    this.#set(SET.dtx, on ? 1 : 0);
  }

  free(): void {
    this.#addon.free(this.#handle);
  }

  #set(request: number, value: number): void {
    checked(this.#addon, this.#addon.set(this.#handle, request, value));
  }
}

class NativeDecoder implements OpusDecoder {
  readonly #addon: Addon;
  readonly #handle: Handle;

  constructor(addon: Addon, sampleRate: SampleRate) {
    this.#addon = addon;
    this.#handle = made(addon, addon.decoder(sampleRate));
  }

  decode(packet: Uint8Array): Int16Array {
    return this.#decode(packet, pcm, 0);
  }

  decodeFec(packet: Uint8Array, samples: number): Int16Array {
    return this.#decode(packet, pcm.subarray(0, samples), 1);
  }

  conceal(samples: number): Int16Array {
    return this.#decode(null, pcm.subarray(0, samples), 0);
  }

  free(): void {
    this.#addon.free(this.#handle);
  }

  #decode(packet: Uint8Array | null, into: Int16Array, fec: 0 | 1): Int16Array {
    const samples = checked(this.#addon, this.#addon.decode(this.#handle, packet, into, fec));
    return into.slice(0, samples);
  }
}

function made(addon: Addon, result: Handle | number): Handle {
  if (typeof result !== 'number') return result;
  throw new OpusError(result, addon.message(result));
}

function checked(addon: Addon, result: number): number {
  if (result >= 0) return result;
  throw new OpusError(result, addon.message(result));
}
