import { EventEmitter } from 'node:events';
import { createWorker, type types } from 'mediasoup';
import { StartError } from '../../StartError.ts';
import type { MediaRouter } from '../Sfu.ts';
import { MediasoupRouter } from './MediasoupRouter.ts';

export interface WorkerOptions {
  /** Where this worker listens for WebRTC, UDP and TCP; port 0 lets it choose. */
  listen: { ip: string; announcedAddress: string; port: number };
  /** Path of the worker's binary; default: where mediasoup looks. */
  workerBin: string | undefined;
}

export interface MediasoupWorkerEvents {
  /** The process ended by itself. Not emitted after `close()`. */
  died: [Error];
}

/** With RTC_PORT=0 each worker takes ports from here, above the plain ones and below 61000. */
const FREE_PORTS = { min: 41_000, max: 59_999 };

/** One worker process and its one WebRTC port. */
export class MediasoupWorker {
  readonly events = new EventEmitter<MediasoupWorkerEvents>();
  readonly #worker: types.Worker;
  readonly #webRtcServer: types.WebRtcServer;
  #routers = 0;

  constructor(worker: types.Worker, webRtcServer: types.WebRtcServer) {
    this.#worker = worker;
    this.#webRtcServer = webRtcServer;
    this.#worker.on('died', (error) => this.events.emit('died', error));
    // Counted by mediasoup's own life cycle, so that a router closed by anyone is counted out.
    this.#worker.observer.on('newrouter', (router) => {
      this.#routers += 1;
      router.observer.on('close', () => (this.#routers -= 1));
    });
  }

  /** Errors: `StartError` when the binary cannot run or the port is taken. */
  static async start({ listen, workerBin }: WorkerOptions): Promise<MediasoupWorker> {
    const worker = await createWorker({
      logLevel: 'error',
      ...(workerBin === undefined ? {} : { workerBin }),
    }).catch((error: unknown) => {
      throw new StartError(
        'The mediasoup worker cannot run; remove it and let npm start build it again, or set MEDIASOUP_WORKER_BIN.',
        { cause: error },
      );
    });
    const { ip, announcedAddress, port } = listen;
    const ports = port === 0 ? { portRange: FREE_PORTS } : { port };
    try {
      const webRtcServer = await worker.createWebRtcServer({
        listenInfos: [
          { protocol: 'udp', ip, announcedAddress, ...ports },
          { protocol: 'tcp', ip, announcedAddress, ...ports },
        ],
      });
      return new MediasoupWorker(worker, webRtcServer);
    } catch (error) {
      worker.close();
      throw new StartError(
        `WebRTC port ${port} on ${ip} cannot be used; free it, or set RTC_PORT to another port.`,
        { cause: error },
      );
    }
  }

  get pid(): number {
    return this.#worker.pid;
  }

  /** Routers that are open on it. */
  get routers(): number {
    return this.#routers;
  }

  /** Errors: `media-unavailable`. */
  async createRouter(): Promise<MediaRouter> {
    return MediasoupRouter.create(this.#worker, this.#webRtcServer);
  }

  /** Twice is silent. */
  close(): void {
    this.#worker.close();
  }
}
