import { EventEmitter } from 'node:events';
import { randomInt, randomUUID } from 'node:crypto';
import type { RtpParameters } from '@switchroom/protocol';
import { OPUS_CODEC, OPUS_PAYLOAD_TYPE } from '../opus.ts';
import type { MediaConsumer, MediaProducer, MediaProducerEvents } from '../Sfu.ts';

export class FakeProducer implements MediaProducer {
  readonly id = randomUUID();
  readonly events = new EventEmitter<MediaProducerEvents>();
  paused: boolean;
  closed = false;
  readonly #onClose: () => void;

  constructor(paused: boolean, onClose: () => void) {
    this.paused = paused;
    this.#onClose = onClose;
  }

  async counts(): Promise<{ packets: number; lost: number }> {
    return { packets: 0, lost: 0 };
  }

  async setPaused(paused: boolean): Promise<void> {
    this.paused = paused;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.events.removeAllListeners();
    this.#onClose();
  }
}

export class FakeConsumer implements MediaConsumer {
  readonly id = randomUUID();
  readonly producerId: string;
  readonly ssrc = randomInt(1, 0xffffffff);
  readonly payloadType = OPUS_PAYLOAD_TYPE;
  resumed = false;
  closed = false;

  constructor(producer: FakeProducer) {
    this.producerId = producer.id;
  }

  get rtpParameters(): RtpParameters {
    const { mimeType, clockRate, channels } = OPUS_CODEC;
    return {
      codecs: [{ mimeType, clockRate, channels, payloadType: OPUS_PAYLOAD_TYPE }],
      encodings: [{ ssrc: this.ssrc }],
    };
  }

  async count(): Promise<number> {
    return 0;
  }

  async resume(): Promise<void> {
    if (!this.closed) this.resumed = true;
  }

  close(): void {
    this.closed = true;
  }
}
