import {
  createDecoder,
  createEncoder,
  isOpusError,
  Signal,
  type DecodeOptions,
  type OpusDecoderHandle,
  type OpusEncoderHandle,
} from 'libopus-wasm';
import {
  APPLICATIONS,
  OpusError,
  type OpusDecoder,
  type OpusEncoder,
  type OpusEngine,
} from './engine.ts';

/** OPUS_BAD_ARG: what libopus-wasm finds wrong before it asks libopus. */
const BAD_ARGUMENT = -1;
/** OPUS_INVALID_PACKET. */
const INVALID_PACKET = -4;

/** libopus as WebAssembly: on any system, for more CPU (`npm run bench:phones -- --only=Opus`). */
export const wasmEngine: OpusEngine = {
  name: 'wasm',
  createEncoder: async (options) => {
    const loss = options.expectedLossPercent ?? 0;
    const handle = await createEncoder({
      ...{ sampleRate: options.sampleRate, channels: 1, bitrate: options.bitrate },
      application: APPLICATIONS[options.application],
      ...(options.complexity === undefined ? {} : { complexity: options.complexity }),
      ...(options.isVoice ? { signal: Signal.Voice } : {}),
      ...{ fec: loss > 0, packetLossPercent: loss, dtx: options.dtx ?? false },
    }).catch(refuse);
    return new WasmEncoder(handle);
  },
  createDecoder: async ({ sampleRate }) =>
    new WasmDecoder(await createDecoder({ sampleRate, channels: 1 }).catch(refuse)),
};

class WasmEncoder implements OpusEncoder {
  readonly #handle: OpusEncoderHandle;

  constructor(handle: OpusEncoderHandle) {
    this.#handle = handle;
  }

  get lookahead(): number {
    return told(() => this.#handle.getLookahead());
  }

  encode(pcm: Int16Array): Uint8Array {
    return told(() => this.#handle.encode(pcm, { frameSize: pcm.length }));
  }

  setDtx(on: boolean): void {
    told(() => this.#handle.setDtx(on));
  }

  free(): void {
    this.#handle.free();
  }
}

class WasmDecoder implements OpusDecoder {
  readonly #handle: OpusDecoderHandle;

  constructor(handle: OpusDecoderHandle) {
    this.#handle = handle;
  }

  decode(packet: Uint8Array): Int16Array {
    return this.#decode(packet);
  }

  decodeFec(packet: Uint8Array, samples: number): Int16Array {
    return this.#decode(packet, { decodeFec: true, frameSize: samples });
  }

  conceal(samples: number): Int16Array {
    return told(() => this.#handle.decodePacketLoss(samples));
  }

  free(): void {
    this.#handle.free();
  }

  /** To libopus a packet of no bytes is one that was lost. */
  #decode(packet: Uint8Array, options?: DecodeOptions): Int16Array {
    if (packet.length === 0) throw new OpusError(INVALID_PACKET, 'A packet has a byte at least.');
    return told(() => this.#handle.decode(packet, options));
  }
}

/** Its errors are the same as those of the other engine. */
function told<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    refuse(error);
  }
}

function refuse(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  throw new OpusError(isOpusError(error) ? error.code : BAD_ARGUMENT, message);
}
