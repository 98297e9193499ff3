import type { RtpParameters } from '@switchroom/protocol';
import type { types } from 'mediasoup';
import type { MediaConsumer } from '../Sfu.ts';

export class MediasoupConsumer implements MediaConsumer {
  readonly #consumer: types.Consumer;

  constructor(consumer: types.Consumer) {
    this.#consumer = consumer;
  }

  get id(): string {
    return this.#consumer.id;
  }

  get producerId(): string {
    return this.#consumer.producerId;
  }

  get rtpParameters(): RtpParameters {
    return this.#consumer.rtpParameters as RtpParameters;
  }

  get ssrc(): number {
    return this.#consumer.rtpParameters.encodings?.[0]?.ssrc ?? 0;
  }

  get payloadType(): number {
    return this.#consumer.rtpParameters.codecs[0]?.payloadType ?? 0;
  }

  async count(): Promise<number> {
    const stats = this.#consumer.closed ? [] : await this.#consumer.getStats().catch(() => []);
    return stats.find(({ type }) => type === 'outbound-rtp')?.packetCount ?? 0;
  }

  async resume(): Promise<void> {
    if (this.#consumer.closed) return;
    await this.#consumer.resume();
  }

  close(): void {
    this.#consumer.close();
  }
}
