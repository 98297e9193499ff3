import { EventEmitter } from 'node:events';
import type { DtlsParameters, RtpParameters, WebRtcTransportOptions } from '@switchroom/protocol';
import type { types } from 'mediasoup';
import type { MediaProducer, WebRtcTransport, WebRtcTransportEvents } from '../Sfu.ts';
import { MediasoupProducer } from './MediasoupProducer.ts';
import { MediasoupTransport } from './MediasoupTransport.ts';
import { orFail } from './mediaErrors.ts';

export class MediasoupWebRtcTransport extends MediasoupTransport implements WebRtcTransport {
  readonly events = new EventEmitter<WebRtcTransportEvents>();
  readonly #transport: types.WebRtcTransport;
  /** Takes a new producer into the level observer. */
  readonly #observe: (producerId: string) => Promise<void>;

  constructor(options: {
    transport: types.WebRtcTransport;
    router: types.Router;
    observe: (producerId: string) => Promise<void>;
  }) {
    super(options.transport, options.router);
    this.#transport = options.transport;
    this.#observe = options.observe;
    // mediasoup removes its listeners itself when the transport closes.
    this.#transport.on('dtlsstatechange', (state) => {
      if (state === 'connected') this.events.emit('connected');
    });
  }

  get options(): WebRtcTransportOptions {
    const { id, iceParameters, iceCandidates, dtlsParameters } = this.#transport;
    return {
      id,
      iceParameters: { ...iceParameters },
      iceCandidates: iceCandidates.map((candidate) => ({ ...candidate })),
      dtlsParameters,
    };
  }

  async connect(dtlsParameters: DtlsParameters): Promise<void> {
    await orFail('bad-request', 'The transport cannot be connected like this.', () =>
      this.#transport.connect({ dtlsParameters: dtlsParameters as types.DtlsParameters }),
    );
  }

  async restartIce(): Promise<Record<string, unknown>> {
    const iceParameters = await orFail('media-unavailable', 'ICE cannot be restarted.', () =>
      this.#transport.restartIce(),
    );
    return { ...iceParameters };
  }

  async produce(rtpParameters: RtpParameters, paused: boolean): Promise<MediaProducer> {
    const producer = await orFail('bad-request', 'These RTP parameters cannot be used.', () =>
      this.#transport.produce({
        kind: 'audio',
        rtpParameters: rtpParameters as types.RtpParameters,
        paused,
      }),
    );
    await this.#observe(producer.id);
    return new MediasoupProducer(producer);
  }
}
