import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import type { MediaRouter, MediaRouterEvents, PlainTransport, WebRtcTransport } from '../Sfu.ts';
import { MediasoupPlainTransport } from './MediasoupPlainTransport.ts';
import { MediasoupWebRtcTransport } from './MediasoupWebRtcTransport.ts';
import { orFail } from './mediaErrors.ts';
import { audioLevelExtensionId, MEDIA_CODECS } from './routerCapabilities.ts';

/** Levels are told at this pace: fast enough for a tile's ring, slow enough for the wire. */
const LEVEL_INTERVAL_MS = 200;
/** Below this, in dBov, nobody speaks: room noise at a headset is about -60. */
const LEVEL_THRESHOLD_DBOV = -55;
const LEVEL_MAX_SPEAKERS = 10;

/**
 * Ports of the gateways' RTP. They lie on loopback only, and apart from the defaults of RTP_PORTS
 * and RTC_PORT, so that no phone's port is taken away.
 */
const PLAIN_PORTS = { min: 30_000, max: 39_999 };

export class MediasoupRouter implements MediaRouter {
  readonly events = new EventEmitter<MediaRouterEvents>();
  readonly #router: types.Router;
  readonly #webRtcServer: types.WebRtcServer;
  readonly #levels: types.AudioLevelObserver;

  constructor(options: {
    router: types.Router;
    webRtcServer: types.WebRtcServer;
    levels: types.AudioLevelObserver;
  }) {
    this.#router = options.router;
    this.#webRtcServer = options.webRtcServer;
    this.#levels = options.levels;
    this.#levels.on('volumes', (volumes) => {
      this.events.emit(
        'levels',
        volumes.map(({ producer, volume }) => ({ producerId: producer.id, level: volume })),
      );
    });
    this.#levels.on('silence', () => this.events.emit('levels', []));
    this.#router.on('workerclose', () => this.events.emit('failed'));
  }

  /** A router on this worker. Errors: `media-unavailable`. */
  static async create(
    worker: types.Worker,
    webRtcServer: types.WebRtcServer,
  ): Promise<MediasoupRouter> {
    return orFail('media-unavailable', 'The media server cannot open a room now.', async () => {
      const router = await worker.createRouter({ mediaCodecs: MEDIA_CODECS });
      const levels = await router.createAudioLevelObserver({
        interval: LEVEL_INTERVAL_MS,
        threshold: LEVEL_THRESHOLD_DBOV,
        maxEntries: LEVEL_MAX_SPEAKERS,
      });
      return new MediasoupRouter({ router, webRtcServer, levels });
    });
  }

  get id(): string {
    return this.#router.id;
  }

  async createWebRtcTransport(): Promise<WebRtcTransport> {
    const transport = await orFail('media-unavailable', 'No media transport can be made now.', () =>
      this.#router.createWebRtcTransport({
        webRtcServer: this.#webRtcServer,
        enableUdp: true,
        enableTcp: true,
        preferUdp: true,
      }),
    );
    return new MediasoupWebRtcTransport({
      transport,
      router: this.#router,
      observe: this.#observe,
    });
  }

  async createPlainTransport(): Promise<PlainTransport> {
    const transport = await orFail('media-unavailable', 'No media transport can be made now.', () =>
      this.#router.createPlainTransport({
        listenInfo: { protocol: 'udp', ip: '127.0.0.1', portRange: PLAIN_PORTS },
        rtcpMux: true,
        comedia: false,
      }),
    );
    return new MediasoupPlainTransport({
      transport,
      router: this.#router,
      audioLevelExtensionId: audioLevelExtensionId(this.#router.rtpCapabilities),
      observe: this.#observe,
    });
  }

  close(): void {
    this.#router.close();
  }

  readonly #observe = async (producerId: string): Promise<void> => {
    await orFail('media-unavailable', 'The stream ended while it began.', () =>
      this.#levels.addProducer({ producerId }),
    );
  };
}
