import { AppError, type RtpCapabilities } from '@switchroom/protocol';
import type { types } from 'mediasoup';
import type { MediaConsumer, MediaProducer, MediaTransport } from '../Sfu.ts';
import { MediasoupConsumer } from './MediasoupConsumer.ts';
import { orFail } from './mediaErrors.ts';

/** What WebRTC and plain transports have in common. */
export abstract class MediasoupTransport implements MediaTransport {
  readonly #transport: types.Transport;
  readonly #router: types.Router;

  constructor(transport: types.Transport, router: types.Router) {
    this.#transport = transport;
    this.#router = router;
  }

  get id(): string {
    return this.#transport.id;
  }

  async consume(producer: MediaProducer, capabilities: RtpCapabilities): Promise<MediaConsumer> {
    const rtpCapabilities = capabilities as types.RtpCapabilities;
    const consumable = await orFail(
      'bad-request',
      'These RTP capabilities cannot be used.',
      async () => this.#router.canConsume({ producerId: producer.id, rtpCapabilities }),
    );
    if (!consumable)
      throw new AppError('bad-request', 'The receiver has no codec for this stream.');
    const consumer = await orFail('media-unavailable', 'The stream cannot be received.', () =>
      this.#transport.consume({ producerId: producer.id, rtpCapabilities, paused: true }),
    );
    return new MediasoupConsumer(consumer);
  }

  close(): void {
    this.#transport.close();
  }
}
