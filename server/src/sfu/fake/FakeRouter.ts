import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import { AppError } from '@switchroom/protocol';
import type { MediaRouter, MediaRouterEvents } from '../Sfu.ts';
import type { FakeProducer } from './FakeStreams.ts';
import { FakeTransport } from './FakeTransport.ts';

export class FakeRouter implements MediaRouter {
  readonly id = randomUUID();
  readonly events = new EventEmitter<MediaRouterEvents>();
  readonly transports: FakeTransport[] = [];
  readonly producers: FakeProducer[] = [];
  closed = false;
  #nextPort = 30_000;

  async createWebRtcTransport(): Promise<FakeTransport> {
    return this.#create();
  }

  async createPlainTransport(): Promise<FakeTransport> {
    return this.#create();
  }

  /** As if its worker died. */
  fail(): void {
    this.close();
    this.events.emit('failed');
  }

  close(): void {
    this.closed = true;
    for (const transport of this.transports) transport.close();
  }

  #create(): FakeTransport {
    if (this.closed) throw new AppError('media-unavailable', 'No media transport can be made now.');
    const transport = new FakeTransport({
      port: (this.#nextPort += 1),
      produced: (producer) => this.producers.push(producer),
    });
    this.transports.push(transport);
    return transport;
  }
}
