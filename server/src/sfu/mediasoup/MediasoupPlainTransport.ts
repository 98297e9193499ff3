import type { types } from 'mediasoup';
import { AUDIO_LEVEL_URI, OPUS_CODEC, OPUS_PAYLOAD_TYPE, plainCapabilities } from '../opus.ts';
import type { MediaConsumer, MediaProducer, PlainRtp, PlainTransport } from '../Sfu.ts';
import { MediasoupProducer } from './MediasoupProducer.ts';
import { MediasoupTransport } from './MediasoupTransport.ts';
import { orFail } from './mediaErrors.ts';

export class MediasoupPlainTransport extends MediasoupTransport implements PlainTransport {
  readonly #transport: types.PlainTransport;
  readonly #audioLevelExtensionId: number;
  /** Takes a new producer into the level observer. */
  readonly #observe: (producerId: string) => Promise<void>;

  constructor(options: {
    transport: types.PlainTransport;
    router: types.Router;
    audioLevelExtensionId: number;
    observe: (producerId: string) => Promise<void>;
  }) {
    super(options.transport, options.router);
    this.#transport = options.transport;
    this.#audioLevelExtensionId = options.audioLevelExtensionId;
    this.#observe = options.observe;
  }

  get local(): PlainRtp {
    return {
      ip: this.#transport.tuple.localAddress,
      port: this.#transport.tuple.localPort,
      payloadType: OPUS_PAYLOAD_TYPE,
      audioLevelExtensionId: this.#audioLevelExtensionId,
    };
  }

  async connect(ip: string, port: number): Promise<void> {
    await orFail('bad-request', 'The transport cannot be connected like this.', () =>
      this.#transport.connect({ ip, port }),
    );
  }

  async producePlain(ssrc: number): Promise<MediaProducer> {
    const producer = await orFail('bad-request', 'A stream with this SSRC cannot be made.', () =>
      this.#transport.produce({
        kind: 'audio',
        rtpParameters: {
          codecs: [
            {
              mimeType: OPUS_CODEC.mimeType,
              payloadType: OPUS_PAYLOAD_TYPE,
              clockRate: OPUS_CODEC.clockRate,
              channels: OPUS_CODEC.channels,
              parameters: { ...OPUS_CODEC.parameters },
            },
          ],
          headerExtensions: [{ uri: AUDIO_LEVEL_URI, id: this.#audioLevelExtensionId }],
          encodings: [{ ssrc }],
        },
      }),
    );
    await this.#observe(producer.id);
    return new MediasoupProducer(producer);
  }

  async consumePlain(producer: MediaProducer): Promise<MediaConsumer> {
    return this.consume(producer, plainCapabilities(this.#audioLevelExtensionId));
  }
}
