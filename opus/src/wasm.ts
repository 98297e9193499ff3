import {
  createDecoder,
  createEncoder,
  isOpusError,
  Signal,
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

/** libopus as WebAssembly: on any system, for about twice the CPU. */
export const wasmEngine: OpusEngine = {
  name: 'wasm',
  createEncoder: async (options) => {
    const loss = options.expectedLossPercent ?? 0;
    const handle = await allowed(() =>
      createEncoder({
        ...{ sampleRate: options.sampleRate, channels: 1, bitrate: options.bitrate },
        application: APPLICATIONS[options.application] as 2048 | 2049 | 2051,
        ...(options.complexity === undefined ? {} : { complexity: options.complexity }),
        ...(options.isVoice ? { signal: Signal.Voice } : {}),
        ...{ fec: loss > 0, packetLossPercent: loss, dtx: options.dtx ?? false },
      }),
    );
    return new WasmEncoder(handle);
  },
  createDecoder: async ({ sampleRate }) =>
    new WasmDecoder(await allowed(() => createDecoder({ sampleRate, channels: 1 }))),
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
    if (packet.length === 0) throw new OpusError(INVALID_PACKET, 'A packet has a byte at least.');
    return told(() => this.#handle.decode(packet));
  }

  decodeFec(packet: Uint8Array, samples: number): Int16Array {
    if (packet.length === 0) throw new OpusError(INVALID_PACKET, 'A packet has a byte at least.');
    return told(() => this.#handle.decode(packet, { decodeFec: true, frameSize: samples }));
  }

  conceal(samples: number): Int16Array {
    return told(() => this.#handle.decodePacketLoss(samples));
  }

  free(): void {
    this.#handle.free();
  }
}

/** Its errors are the same as those of the other engine. */
function told<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw asOpusError(error);
  }
}

async function allowed<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw asOpusError(error);
  }
}

function asOpusError(error: unknown): OpusError {
  const message = error instanceof Error ? error.message : String(error);
  return new OpusError(isOpusError(error) ? error.code : BAD_ARGUMENT, message);
}
