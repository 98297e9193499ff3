import { Worker } from 'node:worker_threads';
import { AppError } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { LegEvent } from '../../PhoneMedia.ts';
import type { FromWorker, Operation, Operations, WorkerConfig } from './messages.ts';

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: AppError) => void;
}

/** The main thread's end of the media worker: requests with answers, and events. */
export class MediaWorker {
  readonly #logger: Logger;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #onEvent: (legId: string, event: LegEvent) => void;
  readonly #onDeath: (worker: MediaWorker) => void;
  #nextId = 1;
  #ended = false;
  #hasServed = false;

  constructor(options: {
    config: WorkerConfig;
    logger: Logger;
    onEvent: (legId: string, event: LegEvent) => void;
    /** It ended without having been asked to. */
    onDeath: (worker: MediaWorker) => void;
    /** The worker's program; for tests of its death. */
    program?: URL;
  }) {
    this.#logger = options.logger;
    this.#onEvent = options.onEvent;
    this.#onDeath = options.onDeath;
    const program = options.program ?? new URL('./main.ts', import.meta.url);
    this.#worker = new Worker(program, { workerData: options.config, name: 'media' });
    this.#worker.on('message', (message: FromWorker) => this.#received(message));
    this.#worker.on('error', (error) => this.#died(error));
    this.#worker.on('exit', (code) => this.#died(new Error(`it exited with code ${code}`)));
  }

  /** Whether it was closed, or died. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether it has done anything that it was asked for. */
  get hasServed(): boolean {
    return this.#hasServed;
  }

  /** Errors: those of the operation; `media-unavailable` when the worker is gone. */
  request<K extends Operation>(
    operation: K,
    args: Operations[K]['args'],
  ): Promise<Operations[K]['result']> {
    if (this.#ended) return Promise.reject(unavailable());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ id, operation, args });
    });
  }

  /** A request whose answer nobody waits for; it fails only with the worker itself. */
  tell<K extends Operation>(operation: K, args: Operations[K]['args']): void {
    this.request(operation, args).catch((error: unknown) => {
      this.#logger.debug({ err: error }, `tell() | ${operation} failed`);
    });
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    await this.request('close', {}).catch(() => undefined);
    this.#end();
    await this.#worker.terminate();
  }

  #received(message: FromWorker): void {
    switch (message.type) {
      case 'event':
        this.#onEvent(message.legId, message.event);
        break;
      case 'trouble':
        this.#logger.error(`worker | ${message.message}`);
        break;
      case 'result':
        this.#hasServed = true;
        this.#take(message.id)?.resolve(message.value);
        break;
      case 'failed':
        this.#take(message.id)?.reject(new AppError(message.code, message.message));
        break;
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #died(error: unknown): void {
    if (this.#ended) return;
    this.#logger.error({ err: error }, 'worker | the media worker died: its calls are lost');
    this.#end();
    this.#onDeath(this);
  }

  #end(): void {
    this.#ended = true;
    for (const { reject } of this.#pending.values()) reject(unavailable());
    this.#pending.clear();
  }
}

function unavailable(): AppError {
  return new AppError('media-unavailable', 'The media engine is down.');
}
