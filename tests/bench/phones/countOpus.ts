import { createDecoder, createEncoder } from '@switchroom/opus';
import { BroadcastChannel } from 'node:worker_threads';

/*
 * Loaded with `--import` into the engine's process and, as Node does, into its threads: counts what Opus
 * is asked to do there. Whoever sends a MessagePort-less `ask` on the channel gets each thread's count.
 */
let operations = 0;

function counted(prototype: object, method: string): void {
  const methods = prototype as Record<string, (...args: unknown[]) => unknown>;
  const original = methods[method]!;
  methods[method] = function (this: unknown, ...args: unknown[]) {
    operations += 1;
    return original.apply(this, args);
  };
}

const rate = { sampleRate: 16_000 } as const;
const encoder = await createEncoder({ ...rate, application: 'voip', bitrate: 24_000 });
const decoder = await createDecoder(rate);
counted(Object.getPrototypeOf(encoder) as object, 'encode');
for (const method of ['decode', 'decodeFec', 'conceal']) {
  counted(Object.getPrototypeOf(decoder) as object, method);
}
encoder.free();
decoder.free();

const channel = new BroadcastChannel('switchroom-bench-opus');
channel.onmessage = ({ data }) => {
  if (data === 'ask') channel.postMessage({ operations });
};
// It must not keep a thread alive.
channel.unref();
