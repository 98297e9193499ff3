import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import type { MediaProducer, MediaProducerEvents } from '../Sfu.ts';

export class MediasoupProducer implements MediaProducer {
  readonly events = new EventEmitter<MediaProducerEvents>();
  readonly #producer: types.Producer;

  constructor(producer: types.Producer) {
    this.#producer = producer;
    // One stream each: we take neither layers nor simulcast. mediasoup removes its listeners itself.
    producer.on('score', ([first]) => {
      if (first) this.events.emit('score', first.score);
    });
    producer.observer.once('close', () => this.events.removeAllListeners());
  }

  get id(): string {
    return this.#producer.id;
  }

  async counts(): Promise<{ packets: number; lost: number }> {
    const stats = this.#producer.closed ? [] : await this.#producer.getStats().catch(() => []);
    return {
      packets: stats.reduce((sum, { packetCount }) => sum + packetCount, 0),
      lost: stats.reduce((sum, { packetsLost }) => sum + packetsLost, 0),
    };
  }

  async setPaused(paused: boolean): Promise<void> {
    if (this.#producer.closed) return;
    await (paused ? this.#producer.pause() : this.#producer.resume());
  }

  close(): void {
    this.#producer.close();
  }
}
