import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { failure } from '@switchroom/protocol';
import { loadOpus } from '../codecs/opus.ts';
import { MediaEngine } from './MediaEngine.ts';
import type { FromWorker, Request, WorkerConfig } from './messages.ts';

/* The media worker thread: requests in, results and events out. Everything else is MediaEngine. */

if (!parentPort)
  throw new Error('media/embedded/worker/main.ts is a worker thread, not a program.');
const port = parentPort;

const post = (message: FromWorker): void => port.postMessage(message);
const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const engine = new MediaEngine(workerData as WorkerConfig, {
  emit: (legId, event) => post({ type: 'event', legId, event }),
  onTrouble: (error) => post({ type: 'trouble', message: messageOf(error) }),
});

try {
  // Of this thread alone, on Linux: sound waits for nothing that another one computes.
  setPriority(0, constants.priority.PRIORITY_HIGH);
} catch {
  // Not allowed (no root, no CAP_SYS_NICE): then it has to share.
}

// Requests wait in the port until someone listens.
await loadOpus();

port.on('message', (request: Request) => {
  engine.handle(request).then(
    (value) => post({ type: 'result', id: request.id, value }),
    (error: unknown) => {
      const failed = failure(error);
      if (failed.code === 'internal') post({ type: 'trouble', message: messageOf(error) });
      post({ type: 'failed', id: request.id, code: failed.code, message: failed.message });
    },
  );
});
