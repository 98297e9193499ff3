import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { g711, type G711Codec } from '../media/embedded/codecs/g711.ts';
import { pressPayloads } from '../media/embedded/dtmf/telephoneEvent.ts';
import { parseRtp, writeRtp } from '../media/embedded/rtp/packet.ts';
import type { RemoteAudio } from '../media/sdp/audio.ts';
import type { FrameSource } from './sources.ts';

/** A packet holds 20 ms: 160 samples at 8 kHz. */
export const FRAME_SAMPLES = 160;
const FRAME_MS = 20;
/** How far behind we catch up before we start anew, in frames: a machine that slept does not burst. */
const MAX_CATCH_UP = 10;
const KEY_MS = 100;
/** Silence after a key, in frames: who listens for tones needs 40 ms (ITU-T Q.24), hands take longer. */
const KEY_GAP = 4;

export interface HeardFrame {
  samples: Int16Array;
  timestamp: number;
  ssrc: number;
  /** When its packet arrived, `performance.now()`. */
  at: number;
}

export interface RtpEndpointOptions {
  onFrame: (frame: HeardFrame) => void;
  /** Before each frame of speech goes out: when (`performance.now()`), and what is in it. */
  onSent?: (at: number, frame: Int16Array) => void;
}

/** The phone's ear and mouth: one UDP port, G.711, a packet every 20 ms by absolute deadlines. */
export class RtpEndpoint {
  readonly #socket: Socket;
  readonly #options: RtpEndpointOptions;
  readonly #ssrc = randomInt(1, 2 ** 32);
  #sequenceNumber = randomInt(2 ** 16);
  #timestamp = randomInt(2 ** 32);
  #remote: RemoteAudio | undefined;
  #source: FrameSource | undefined;
  #onSourceEnd: () => void = () => {};
  /** What goes out before speech goes on: payloads of telephone events, and silence between keys. */
  readonly #keys: { payload: Uint8Array | undefined; first: boolean; last: boolean }[] = [];
  #onKeysSent: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #frames = 0;
  #first = true;
  #closed = false;

  private constructor(socket: Socket, options: RtpEndpointOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('message', (data) => this.#receive(data));
    socket.on('error', () => {}); // ICMP "port unreachable": the far end has hung up, SIP will tell.
  }

  static async open(address: string, options: RtpEndpointOptions): Promise<RtpEndpoint> {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, address, resolve);
    });
    return new RtpEndpoint(socket, options);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Sends to where the far end's SDP says, and as it says; may change during a call. */
  connect(remote: RemoteAudio): void {
    this.#remote = remote;
    if (this.#timer !== undefined || this.#closed) return;
    this.#startedAt = performance.now();
    this.#schedule();
  }

  /** Speaks this instead of what was spoken; resolves when it is over. */
  play(source: FrameSource): Promise<void> {
    this.#onSourceEnd();
    this.#source = source;
    return new Promise((resolve) => (this.#onSourceEnd = resolve));
  }

  /**
   * Keys one after the other as telephone events (RFC 4733); resolves when the last is sent.
   * Throws `RangeError` for what is no key.
   */
  key(keys: string): Promise<void> {
    for (const key of keys) {
      const payloads = pressPayloads(key, KEY_MS, FRAME_MS);
      payloads.forEach((payload, i) => {
        this.#keys.push({ payload, first: i === 0, last: i === payloads.length - 1 });
      });
      for (let i = 0; i < KEY_GAP; i++) {
        this.#keys.push({ payload: undefined, first: false, last: false });
      }
    }
    return new Promise((resolve) => (this.#onKeysSent = resolve));
  }

  /** Twice is silent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket.close();
    this.#onSourceEnd();
    this.#onKeysSent();
  }

  #schedule(): void {
    const due = this.#startedAt + this.#frames * FRAME_MS;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, due - performance.now()));
  }

  #tick(): void {
    const due = Math.floor((performance.now() - this.#startedAt) / FRAME_MS) + 1;
    if (due - this.#frames > MAX_CATCH_UP) {
      // RTP's clock runs on over what was not said (RFC 3550 section 5.1).
      const lost = due - this.#frames - 1;
      this.#timestamp = (this.#timestamp + lost * FRAME_SAMPLES) >>> 0;
      this.#frames += lost;
      this.#first = true;
    }
    while (this.#frames < due) {
      this.#sendFrame();
      this.#frames++;
    }
    this.#schedule();
  }

  #sendFrame(): void {
    const remote = this.#remote;
    const key = this.#keys.shift();
    if (
      remote !== undefined &&
      remote.direction !== 'sendonly' &&
      remote.direction !== 'inactive'
    ) {
      if (key?.payload !== undefined) this.#sendKey(key, remote);
      else this.#sendSpeech(remote, key !== undefined);
    }
    this.#timestamp = (this.#timestamp + FRAME_SAMPLES) >>> 0;
    if (key !== undefined && this.#keys.length === 0) this.#onKeysSent();
  }

  /** Timestamp of the press that is being sent: all its packets have that of its start. */
  #pressedAt = 0;

  #sendKey(key: { payload: Uint8Array | undefined; first: boolean }, remote: RemoteAudio): void {
    if (key.first) this.#pressedAt = this.#timestamp;
    const payloadType = remote.eventPayloadType;
    if (payloadType === undefined || key.payload === undefined) return;
    this.#send(remote, payloadType, key.payload, this.#pressedAt, key.first);
  }

  #sendSpeech(remote: RemoteAudio, silent: boolean): void {
    const codec = g711(remote.codec);
    const frame = new Int16Array(FRAME_SAMPLES);
    if (!silent && this.#source?.(frame) === false) {
      this.#source = undefined;
      this.#onSourceEnd();
    }
    this.#options.onSent?.(performance.now(), frame);
    const payload = new Uint8Array(FRAME_SAMPLES);
    codec.encode(frame, payload);
    this.#send(remote, remote.payloadType, payload, this.#timestamp, this.#first);
    this.#first = false;
  }

  #send(
    { rtp }: RemoteAudio,
    payloadType: number,
    payload: Uint8Array,
    timestamp: number,
    marker: boolean,
  ): void {
    if (rtp === undefined) return;
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    const [sequenceNumber, ssrc] = [this.#sequenceNumber, this.#ssrc];
    const packet = writeRtp({ payloadType, payload, timestamp, marker, sequenceNumber, ssrc });
    this.#socket.send(packet, rtp.port, rtp.ip);
  }

  #receive(data: Uint8Array): void {
    const at = performance.now();
    const packet = parseRtp(data);
    const codec = packet && codecOf(packet.payloadType, this.#remote);
    if (!packet || !codec) return;
    const samples = new Int16Array(packet.payload.length);
    codec.decode(packet.payload, samples);
    this.#options.onFrame({ samples, timestamp: packet.timestamp, ssrc: packet.ssrc, at });
  }
}

/** The static payload types (RFC 3551 section 6), whichever of our two the far end sends. */
function codecOf(payloadType: number, remote: RemoteAudio | undefined): G711Codec | undefined {
  if (remote?.payloadType === payloadType) return g711(remote.codec);
  if (payloadType === 0) return g711('PCMU');
  return payloadType === 8 ? g711('PCMA') : undefined;
}
