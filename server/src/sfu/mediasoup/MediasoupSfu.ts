import { access, constants } from 'node:fs/promises';
import { workerBin as defaultWorkerBin } from 'mediasoup';
import { AppError } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { StartError } from '../../StartError.ts';
import type { MediaRouter, Sfu } from '../Sfu.ts';
import { MediasoupWorker } from './MediasoupWorker.ts';
import { routerCapabilities } from './routerCapabilities.ts';

export interface MediasoupSfuOptions {
  /** How many workers; each has a port of its own. */
  workers: number;
  /** The first worker's port, counting up; 0 lets each choose. */
  port: number;
  listenIp: string;
  announcedAddress: string;
  logger: Logger;
  workerBin?: string;
}

/** A port may be busy for a moment after its worker died. */
const RESTART_DELAY_MS = 1000;

/** The pool of workers. A worker that dies is replaced on the same port. */
export class MediasoupSfu implements Sfu {
  readonly rtpCapabilities: Record<string, unknown>;
  readonly #options: MediasoupSfuOptions;
  readonly #logger: Logger;
  /** By index; a hole is a worker that is being replaced. */
  readonly #workers = new Map<number, MediasoupWorker>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(options: MediasoupSfuOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ file: 'MediasoupSfu' });
    this.rtpCapabilities = { ...routerCapabilities() };
  }

  /** Starts all workers. Errors: `StartError`; none is left running then. */
  static async start(options: MediasoupSfuOptions): Promise<MediasoupSfu> {
    const path = options.workerBin ?? defaultWorkerBin;
    await access(path, constants.X_OK).catch((error: unknown) => {
      throw new StartError(
        `The mediasoup worker is missing at ${path}; npm start builds it, or set MEDIASOUP_WORKER_BIN.`,
        { cause: error },
      );
    });
    const highest = 65_536 - options.workers;
    if (options.port > highest) {
      throw new StartError(
        `RTC_PORT: ${options.workers} workers count up from it; set it to ${highest} at most.`,
      );
    }
    const sfu = new MediasoupSfu(options);
    try {
      for (let index = 0; index < options.workers; index += 1) await sfu.#startWorker(index);
    } catch (error) {
      await sfu.close();
      throw error;
    }
    return sfu;
  }

  get workers(): { up: number; wanted: number } {
    return { up: this.#workers.size, wanted: this.#options.workers };
  }

  /** Process ids of the workers, for tests that end one. */
  get workerPids(): number[] {
    return [...this.#workers.values()].map((worker) => worker.pid);
  }

  async createRouter(): Promise<MediaRouter> {
    const [worker] = [...this.#workers.values()].sort((a, b) => a.routers - b.routers);
    if (worker === undefined) {
      throw new AppError('media-unavailable', 'The media server is starting again; try once more.');
    }
    return worker.createRouter();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#restarts) clearTimeout(timer);
    this.#restarts.clear();
    for (const worker of this.#workers.values()) worker.close();
    this.#workers.clear();
  }

  async #startWorker(index: number): Promise<void> {
    const { listenIp, announcedAddress, port, workerBin } = this.#options;
    const worker = await MediasoupWorker.start({
      listen: { ip: listenIp, announcedAddress, port: port === 0 ? 0 : port + index },
      workerBin,
    });
    if (this.#closed) {
      worker.close();
      return;
    }
    this.#workers.set(index, worker);
    worker.events.once('died', (error) => {
      this.#logger.error({ err: error, index }, 'worker died; starting another');
      this.#workers.delete(index);
      this.#restart(index);
    });
  }

  #restart(index: number): void {
    if (this.#closed) return;
    this.#startWorker(index).catch((error: unknown) => {
      this.#logger.error({ err: error, index }, 'worker did not start; trying again');
      const timer = setTimeout(() => {
        this.#restarts.delete(timer);
        this.#restart(index);
      }, RESTART_DELAY_MS);
      this.#restarts.add(timer);
    });
  }
}
