import type { types } from 'mediasoup';
import type { MediaProducer } from '../Sfu.ts';

export class MediasoupProducer implements MediaProducer {
  readonly #producer: types.Producer;

  constructor(producer: types.Producer) {
    this.#producer = producer;
  }

  get id(): string {
    return this.#producer.id;
  }

  async setPaused(paused: boolean): Promise<void> {
    if (this.#producer.closed) return;
    await (paused ? this.#producer.pause() : this.#producer.resume());
  }

  close(): void {
    this.#producer.close();
  }
}
