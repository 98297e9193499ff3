import type { EncoderOptions, OpusDecoder, OpusEncoder, OpusEngine, SampleRate } from './engine.ts';
import { loadNative } from './native.ts';
import { wasmEngine } from './wasm.ts';

export { OpusError } from './engine.ts';
export type { EncoderOptions, OpusDecoder, OpusEncoder } from './engine.ts';

/** What there is on this machine, the better one first. */
export const OPUS_ENGINES: readonly OpusEngine[] = [loadNative(), wasmEngine].filter(
  (engine) => engine !== undefined,
);

/** See `EncoderOptions`. Errors: `OpusError`, of what libopus does not take. */
export async function createEncoder(options: EncoderOptions): Promise<OpusEncoder> {
  return OPUS_ENGINES[0]!.createEncoder(options);
}

/** `sampleRate`: of what it gives, whatever the stream's is. Errors: `OpusError`. */
export async function createDecoder(options: { sampleRate: SampleRate }): Promise<OpusDecoder> {
  return OPUS_ENGINES[0]!.createDecoder(options);
}
