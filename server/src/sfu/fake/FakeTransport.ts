import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import {
  AppError,
  type DtlsParameters,
  type RtpCapabilities,
  type RtpParameters,
  type WebRtcTransportOptions,
} from '@switchroom/protocol';
import { OPUS_CODEC, OPUS_PAYLOAD_TYPE } from '../opus.ts';
import type {
  MediaConsumer,
  MediaProducer,
  PlainRtp,
  PlainTransport,
  WebRtcTransport,
  WebRtcTransportEvents,
} from '../Sfu.ts';
import { FakeConsumer, FakeProducer } from './FakeStreams.ts';

/** A transport of the fake engine: WebRTC and plain in one, since nothing flows. */
export class FakeTransport implements WebRtcTransport, PlainTransport {
  readonly id = randomUUID();
  readonly events = new EventEmitter<WebRtcTransportEvents>();
  readonly local: PlainRtp;
  readonly consumers: FakeConsumer[] = [];
  /** Where `connect` said that the peer is. */
  remote: { ip: string; port: number } | undefined;
  closed = false;
  readonly #producers = new Map<string, FakeProducer>();
  readonly #ssrcs = new Set<number>();
  readonly #produced: (producer: FakeProducer) => void;

  constructor(options: { port: number; produced: (producer: FakeProducer) => void }) {
    this.local = {
      ip: '127.0.0.1',
      port: options.port,
      payloadType: OPUS_PAYLOAD_TYPE,
      audioLevelExtensionId: 1,
    };
    this.#produced = options.produced;
  }

  get options(): WebRtcTransportOptions {
    return {
      id: this.id,
      iceParameters: { usernameFragment: this.id, password: 'fake' },
      iceCandidates: [{ ip: '127.0.0.1', port: this.local.port, protocol: 'udp' }],
      dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: '00' }] },
    };
  }

  async connect(peer: DtlsParameters | string, port?: number): Promise<void> {
    if (this.closed) throw new AppError('bad-request', 'The transport is closed.');
    if (typeof peer === 'string') {
      if (this.remote !== undefined) throw new AppError('bad-request', 'Connected already.');
      this.remote = { ip: peer, port: port ?? 0 };
      return;
    }
    this.events.emit('connected');
  }

  async restartIce(): Promise<Record<string, unknown>> {
    return { usernameFragment: randomUUID(), password: 'fake' };
  }

  async produce(rtpParameters: RtpParameters, paused: boolean): Promise<MediaProducer> {
    const codec = rtpParameters.codecs[0];
    if (codec?.mimeType.toLowerCase() !== OPUS_CODEC.mimeType) {
      throw new AppError('bad-request', 'These RTP parameters cannot be used.');
    }
    return this.#add(rtpParameters.encodings?.[0]?.ssrc, paused);
  }

  async producePlain(ssrc: number): Promise<MediaProducer> {
    return this.#add(ssrc, false);
  }

  async consume(producer: MediaProducer, capabilities: RtpCapabilities): Promise<MediaConsumer> {
    const hasOpus = capabilities.codecs?.some(
      (codec) => codec.mimeType.toLowerCase() === OPUS_CODEC.mimeType,
    );
    if (hasOpus !== true) {
      throw new AppError('bad-request', 'The receiver has no codec for this stream.');
    }
    return this.consumePlain(producer);
  }

  async consumePlain(producer: MediaProducer): Promise<MediaConsumer> {
    if (!(producer instanceof FakeProducer) || producer.closed || this.closed) {
      throw new AppError('media-unavailable', 'The stream cannot be received.');
    }
    const consumer = new FakeConsumer(producer);
    this.consumers.push(consumer);
    return consumer;
  }

  close(): void {
    this.closed = true;
    for (const producer of this.#producers.values()) producer.close();
    for (const consumer of this.consumers) consumer.close();
  }

  #add(ssrc: number | undefined, paused: boolean): FakeProducer {
    if (this.closed) throw new AppError('bad-request', 'The transport is closed.');
    if (ssrc !== undefined && this.#ssrcs.has(ssrc)) {
      throw new AppError('bad-request', 'A stream with this SSRC cannot be made.');
    }
    const producer = new FakeProducer(paused, () => {
      this.#producers.delete(producer.id);
      if (ssrc !== undefined) this.#ssrcs.delete(ssrc);
    });
    this.#producers.set(producer.id, producer);
    if (ssrc !== undefined) this.#ssrcs.add(ssrc);
    this.#produced(producer);
    return producer;
  }
}
