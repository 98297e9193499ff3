import {
  AppError,
  type ConsumerCreated,
  type JoinedRoom,
  type MeetPayload,
  type WebRtcTransportOptions,
} from '@switchroom/protocol';
import type {
  Consumer,
  Device,
  Producer,
  Transport,
  TransportOptions,
} from 'mediasoup-client/types';
import { IceKeeper } from './IceKeeper.ts';
import type { Request } from './MeetSocket.ts';

/** The sound of one remote participant, ready for an <audio> element. */
export interface RemoteTrack {
  consumerId: string;
  participantId: string;
  track: MediaStreamTrack;
}

interface Options {
  device: Device;
  room: Pick<JoinedRoom, 'sendTransport' | 'recvTransport'>;
  request: Request;
  onTracks: (tracks: RemoteTrack[]) => void;
  /** The media path is lost for good; called at most once. */
  onFailed: () => void;
}

/** Speech, mono: 32 kbit/s is transparent; DTX and in-band FEC by RFC 7587 section 3.1. */
export const OPUS = {
  opusStereo: false,
  opusDtx: true,
  opusFec: true,
  opusMaxAverageBitrate: 32_000,
} as const;

/**
 * The media of one join: both transports, our producer, the consumers of all others. A
 * reconnect makes a new one. The local track belongs to the Microphone and outlives it.
 */
export class MediaSession {
  readonly #options: Options;
  readonly #sending: Transport;
  readonly #receiving: Transport;
  readonly #keepers: IceKeeper[] = [];
  readonly #tracks = new Map<string, RemoteTrack>();
  readonly #consumers = new Map<string, Consumer>();
  /** Closed by the server while consume() was still under way. */
  readonly #gone = new Set<string>();
  #producing: Promise<Producer> | undefined;
  #producer: Producer | undefined;
  #muted = false;
  #closed = false;

  constructor(options: Options) {
    this.#options = options;
    const { device, room } = options;
    this.#sending = this.#adopt(device.createSendTransport(transportOptions(room.sendTransport)));
    this.#receiving = this.#adopt(device.createRecvTransport(transportOptions(room.recvTransport)));
    this.#sending.on('produce', ({ rtpParameters }, accept, refuse) => {
      options
        .request('producer:create', {
          transportId: this.#sending.id,
          kind: 'audio',
          rtpParameters: rtpParameters as MeetPayload<'producer:create'>['rtpParameters'],
          muted: this.#muted,
        })
        .then(({ producerId }) => accept({ id: producerId }), refuse);
    });
  }

  get isProducing(): boolean {
    return this.#producing !== undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const keeper of this.#keepers) keeper.close();
    this.#sending.close();
    this.#receiving.close();
    this.#consumers.clear();
    this.#tracks.clear();
    this.#gone.clear();
    this.#options.onTracks([]);
  }

  /** Sends `track`, or sends it in place of the one before. */
  async produce(track: MediaStreamTrack, muted: boolean): Promise<void> {
    this.#muted = muted;
    // Before the first packet: a muted microphone is never heard, not even for a moment.
    track.enabled = !muted;
    if (this.#producing !== undefined) {
      const producer = await this.#producing;
      if (!producer.closed) await producer.replaceTrack({ track });
      this.setMuted(this.#muted);
      return;
    }
    const producing = this.#sending.produce({ track, codecOptions: OPUS, stopTracks: false });
    this.#producing = producing;
    try {
      const producer = await producing;
      if (this.#producing !== producing) return;
      this.#producer = producer;
    } catch (error) {
      if (this.#producing === producing) this.#producing = undefined;
      throw error;
    }
    this.setMuted(this.#muted);
  }

  /** Sends nothing more, until the next `produce()`. */
  stopProducing(): void {
    const producing = this.#producing;
    this.#producing = undefined;
    this.#producer = undefined;
    // One that is still on its way is closed when it comes; why it fails is told to who began it.
    producing?.then(
      (producer) => producer.close(),
      () => undefined,
    );
  }

  /** Takes effect here at once, whatever the server says. */
  setMuted(muted: boolean): void {
    this.#muted = muted;
    if (this.#producer === undefined || this.#producer.closed) return;
    if (muted) this.#producer.pause();
    else this.#producer.resume();
  }

  /** Receives a participant's stream. Resolves when the server may send. */
  async consume(news: ConsumerCreated): Promise<void> {
    const consumer = await this.#receiving.consume({
      id: news.consumerId,
      producerId: news.producerId,
      kind: news.kind,
      rtpParameters: news.rtpParameters as Parameters<Transport['consume']>[0]['rtpParameters'],
      // One stream each: streams of one name would be held back for lip sync with each other.
      streamId: news.participantId,
    });
    if (this.#closed || this.#gone.delete(news.consumerId)) {
      consumer.close();
      throw new AppError('not-found', 'The stream is gone.');
    }
    const { consumerId, participantId } = news;
    this.#consumers.set(consumerId, consumer);
    this.#tracks.set(consumerId, { consumerId, participantId, track: consumer.track });
    this.#tell();
  }

  consumerClosed(consumerId: string): void {
    const consumer = this.#consumers.get(consumerId);
    if (consumer === undefined) {
      this.#gone.add(consumerId);
      return;
    }
    this.#consumers.delete(consumerId);
    this.#tracks.delete(consumerId);
    consumer.close();
    this.#tell();
  }

  #tell(): void {
    this.#options.onTracks([...this.#tracks.values()]);
  }

  #adopt(transport: Transport): Transport {
    const { request, onFailed } = this.#options;
    const transportId = transport.id;
    transport.on('connect', ({ dtlsParameters }, accept, refuse) => {
      request('transport:connect', { transportId, dtlsParameters }).then(accept, refuse);
    });
    const keeper = new IceKeeper({
      restart: async () => {
        const { iceParameters } = await request('transport:restartIce', { transportId });
        if (transport.closed) return;
        await transport.restartIce({
          iceParameters: iceParameters as TransportOptions['iceParameters'],
        });
      },
      giveUp: () => {
        if (!this.#closed) onFailed();
      },
    });
    this.#keepers.push(keeper);
    transport.on('connectionstatechange', (state) => keeper.stateChanged(state));
    return transport;
  }
}

/** The protocol leaves these shapes to mediasoup on both ends, which checks them itself. */
function transportOptions(options: WebRtcTransportOptions): TransportOptions {
  return options as unknown as TransportOptions;
}
