import type { EventEmitter } from 'node:events';
import type {
  DtlsParameters,
  RtpCapabilities,
  RtpParameters,
  WebRtcTransportOptions,
} from '@switchroom/protocol';

/**
 * The SFU in our words. Two engines stand behind it, `mediasoup/` and `fake/`, and both pass
 * `sfuContract.ts`. It forwards Opus and knows no meeting and no participant.
 */
export interface Sfu {
  /** What every router can receive; known before any room is open. */
  readonly rtpCapabilities: Record<string, unknown>;
  /** Workers that run now, and how many there should be. */
  readonly workers: { up: number; wanted: number };

  /** A router on the least busy worker. Errors: `media-unavailable`. */
  createRouter(): Promise<MediaRouter>;

  /** Ends all routers and workers. Twice is silent. */
  close(): Promise<void>;
}

/** How loud one producer was in the last 200 ms, in dBov: -127 (silence) to 0. */
export interface ProducerLevel {
  producerId: string;
  level: number;
}

export interface MediaRouterEvents {
  /** Who speaks now, loudest first; empty when nobody does. */
  levels: [ProducerLevel[]];
  /** The worker died: nothing flows any more. Not emitted after `close()`. */
  failed: [];
}

/** Where the media of one room meets. */
export interface MediaRouter {
  readonly id: string;
  readonly events: EventEmitter<MediaRouterEvents>;

  /** One direction of a browser. Errors: `media-unavailable`. */
  createWebRtcTransport(): Promise<WebRtcTransport>;

  /** A gateway's RTP on a loopback port. Errors: `media-unavailable`. */
  createPlainTransport(): Promise<PlainTransport>;

  /** Ends all transports. Twice is silent. */
  close(): void;
}

export interface MediaTransport {
  readonly id: string;

  /**
   * A consumer of the producer, born paused.
   * Errors: `bad-request` when the receiver's capabilities have no codec for it.
   */
  consume(producer: MediaProducer, capabilities: RtpCapabilities): Promise<MediaConsumer>;

  /** Ends its producers and consumers. Twice is silent. */
  close(): void;
}

export interface WebRtcTransportEvents {
  /** DTLS is up: media can flow. At most once. */
  connected: [];
}

export interface WebRtcTransport extends MediaTransport {
  /** What the browser needs to make its end. */
  readonly options: WebRtcTransportOptions;
  readonly events: EventEmitter<WebRtcTransportEvents>;

  /** Errors: `bad-request`. */
  connect(dtlsParameters: DtlsParameters): Promise<void>;

  /** New ICE credentials. */
  restartIce(): Promise<Record<string, unknown>>;

  /** Errors: `bad-request`. */
  produce(rtpParameters: RtpParameters, paused: boolean): Promise<MediaProducer>;
}

/** Shape of the plain RTP that the SFU takes and sends. */
export interface PlainRtp {
  ip: string;
  port: number;
  payloadType: number;
  /** RFC 8285 id of the RFC 6464 level. */
  audioLevelExtensionId: number;
}

export interface PlainTransport extends MediaTransport {
  readonly local: PlainRtp;

  /** Tells where the peer's RTP socket is. Errors: `bad-request`. */
  connect(ip: string, port: number): Promise<void>;

  /** A producer of Opus under this SSRC. Errors: `bad-request`, e.g. an SSRC that is in use. */
  producePlain(ssrc: number): Promise<MediaProducer>;

  /** As `consume()`, with the plain capabilities. */
  consumePlain(producer: MediaProducer): Promise<MediaConsumer>;
}

export interface MediaProducerEvents {
  /** How well it comes in: 10 is best, 0 while nothing comes. Whenever it changes. */
  score: [number];
}

export interface MediaProducer {
  readonly id: string;
  readonly events: EventEmitter<MediaProducerEvents>;
  /** Packets that came in so far, and those that are missing by their numbers. Zeros once it is closed. */
  counts(): Promise<{ packets: number; lost: number }>;
  /** A paused producer is heard by nobody. */
  setPaused(paused: boolean): Promise<void>;
  /** Twice is silent. */
  close(): void;
}

export interface MediaConsumer {
  readonly id: string;
  readonly producerId: string;
  readonly rtpParameters: RtpParameters;
  /** Its only SSRC. */
  readonly ssrc: number;
  readonly payloadType: number;
  /** Packets that went out so far; 0 once it is closed. */
  count(): Promise<number>;
  /** RTP starts. Silent when it was closed meanwhile. */
  resume(): Promise<void>;
  /** Twice is silent. */
  close(): void;
}
