import type { Logger } from 'pino';
import type { MediaConsumer, MediaProducer } from '../sfu/Sfu.ts';
import type { Participant } from './Participant.ts';

export interface ConsumerSetOptions {
  consume: (source: MediaProducer) => Promise<MediaConsumer>;
  /** Tells the peer; resolves when it is ready to receive, rejects when it cannot. */
  announce: (consumer: MediaConsumer, participant: Participant) => Promise<void>;
  /** Tells the peer that an announced consumer is gone. */
  retract: (consumer: MediaConsumer) => void;
  logger: Logger;
}

/**
 * All that one transport receives. A consumer is made paused, announced, and resumed once the peer
 * acknowledged: the first packet must not come before the peer knows its SSRC.
 */
export class ConsumerSet {
  readonly #options: ConsumerSetOptions;
  /** By source: waiting for `start()`, being made, or made. */
  readonly #entries = new Map<
    MediaProducer,
    { participant: Participant; consumer?: MediaConsumer }
  >();
  #started = false;
  #closed = false;

  constructor(options: ConsumerSetOptions) {
    this.#options = options;
  }

  /** How many streams are received or about to be. */
  get size(): number {
    return this.#entries.size;
  }

  /** What forwards a source; undefined when nothing does, or not yet. */
  consumerOf(source: MediaProducer): MediaConsumer | undefined {
    return this.#entries.get(source)?.consumer;
  }

  /** The peer can receive from now on. Twice is silent. */
  start(): void {
    if (this.#started || this.#closed) return;
    this.#started = true;
    for (const source of this.#entries.keys()) this.#run(source);
  }

  add(participant: Participant, source: MediaProducer): void {
    if (this.#closed) return;
    this.#entries.set(source, { participant });
    if (this.#started) this.#run(source);
  }

  remove(source: MediaProducer): void {
    const consumer = this.#entries.get(source)?.consumer;
    this.#entries.delete(source);
    if (!consumer) return;
    consumer.close();
    this.#options.retract(consumer);
  }

  /** The transport is gone, and with it everything here. Twice is silent. */
  transportClosed(): void {
    this.#closed = true;
    this.#entries.clear();
  }

  #run(source: MediaProducer): void {
    this.#create(source).catch((error: unknown) => {
      if (!this.#entries.has(source)) return;
      this.#options.logger.warn({ err: error, producerId: source.id }, 'a stream is not received');
      this.remove(source);
    });
  }

  async #create(source: MediaProducer): Promise<void> {
    const entry = this.#entries.get(source);
    if (!entry) return;
    const consumer = await this.#options.consume(source);
    if (this.#entries.get(source) !== entry) {
      consumer.close();
      return;
    }
    entry.consumer = consumer;
    await this.#options.announce(consumer, entry.participant);
    await consumer.resume();
  }
}
