import type { LegMedia, RtpAddress } from '../../PhoneMedia.ts';
import { chooseCrypto, cryptoLine, type SrtpKey } from '../../sdp/crypto.ts';
import { SrtpSession } from '../srtp/SrtpSession.ts';
import { parseSdp } from '../../sdp/parseSdp.ts';
import { createFrameEncoder, type FrameEncoder } from '../codecs/frameEncoders.ts';
import {
  createLegDecoder,
  LEG_FORMATS,
  type LegCodec,
  type LegDecoder,
} from '../codecs/legCodecs.ts';
import { bindUdp } from '../net/bindUdp.ts';
import type { UdpPort } from '../net/UdpPort.ts';
import { parseRtp, writeRtp, type RtpPacket } from '../rtp/packet.ts';
import { amplitudeAt, toneFrame } from './tones.ts';

/** Within what the leveller leaves as it is: -22.4 dBov. */
const AMPLITUDE = 3500;
/** 800 ms: long enough to tell neighbouring tones apart by far. */
const LISTEN_SECONDS = 0.8;

/** A phone in a test: it speaks one codec, sends a tone, and keeps what it heard last. */
export class CodecPhone {
  readonly codec: LegCodec;
  readonly hz: number;
  readonly port: UdpPort;
  /** The last packets that came, audio only. */
  readonly packets: RtpPacket[] = [];
  /** The last payloads that it sent. */
  readonly sent: Uint8Array[] = [];
  /** Of its tone. */
  amplitude = AMPLITUDE;
  readonly #encoder: FrameEncoder;
  readonly #decoder: LegDecoder;
  readonly #heard: Int16Array;
  #answer = '';
  #to: RtpAddress | undefined;
  #sent = 0;

  static async open(codec: LegCodec, hz: number): Promise<CodecPhone> {
    const port = await bindUdp('127.0.0.1', 0);
    return new CodecPhone(
      port,
      codec,
      hz,
      await createFrameEncoder(codec),
      await createLegDecoder(codec),
    );
  }

  private constructor(
    port: UdpPort,
    codec: LegCodec,
    hz: number,
    encoder: FrameEncoder,
    decoder: LegDecoder,
  ) {
    this.port = port;
    this.codec = codec;
    this.hz = hz;
    this.ssrc = hz;
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.#heard = new Int16Array(LISTEN_SECONDS * decoder.format.pcmRate);
    port.onMessage = (data) => {
      const clear = this.#srtp ? this.#srtp.unprotectRtp(data) : data;
      const packet = clear && parseRtp(clear);
      if (packet) this.#hear(packet);
    };
  }

  /** Where the leg listens. */
  get to(): RtpAddress {
    return this.#to!;
  }

  /** The leg's SDP. */
  get answer(): string {
    return this.#answer;
  }

  /** `media`: the `m=` line's formats and all that follows, without the codec's own lines. */
  async call(leg: LegMedia, payloadType: number, ...attributes: string[]): Promise<void> {
    const { port } = this.port.local;
    const offer = [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${port} ${this.key ? 'RTP/SAVP' : 'RTP/AVP'} ${this.formats ?? payloadType}`,
      `a=rtpmap:${payloadType} ${this.codec}/${this.codec === 'opus' ? '48000/2' : '8000'}`,
      ...(this.key ? [cryptoLine({ tag: '1', key: this.key })] : []),
      ...attributes,
      '',
    ];
    this.#answer = await leg.answer(offer.join('\r\n'));
    const theirs = chooseCrypto(parseSdp(this.#answer).media[0]!);
    this.#srtp = this.key && theirs && new SrtpSession(this.key, theirs.key);
    this.#to = { ip: '127.0.0.1', port: parseSdp(this.#answer).media[0]!.port };
    this.#payloadType = payloadType;
  }

  #payloadType = 0;
  /** What it offers instead of its codec alone. */
  formats: string | undefined;
  /** It encrypts with this. */
  key: SrtpKey | undefined;
  #srtp: SrtpSession | undefined;

  /** Whether it sends its tone, or silence. */
  talking = true;

  /** Its numbers in RTP. */
  ssrc: number;
  firstSequenceNumber = 0;
  firstTimestamp = 0;
  /** What the network makes of a packet: none, one or more, in what order it likes. */
  network: (datagram: Uint8Array) => readonly Uint8Array[] = (datagram) => [datagram];

  /** The next 20 ms of its tone, once it has called. */
  send(): void {
    if (!this.#to) return;
    const units = LEG_FORMATS[this.codec].clockRate / 50;
    const amplitude = this.talking ? this.amplitude : 0;
    const tone = toneFrame(this.hz, 16_000, this.#sent * 320, 320, amplitude);
    const payload = this.#encoder.encode(tone);
    if (this.sent.push(payload) > 100) this.sent.shift();
    const packet = writeRtp({
      payloadType: this.#payloadType,
      sequenceNumber: (this.firstSequenceNumber + this.#sent) & 0xffff,
      timestamp: (this.firstTimestamp + this.#sent * units) >>> 0,
      ssrc: this.ssrc,
      payload,
    });
    const datagram = this.#srtp?.protectRtp(packet) ?? packet;
    for (const each of this.network(datagram)) this.port.send(each, this.#to);
    this.#sent += 1;
  }

  /** Amplitude of a tone in what it hears, in dB of what was sent. */
  hears(hz: number): number {
    const amplitude = amplitudeAt(this.#heard, hz, this.#decoder.format.pcmRate);
    return 20 * Math.log10(amplitude / AMPLITUDE + 1e-9);
  }

  async close(): Promise<void> {
    this.#encoder.free();
    this.#decoder.free();
    await this.port.close();
  }

  #hear(packet: RtpPacket): void {
    this.packets.push(packet);
    if (this.packets.length > 100) this.packets.shift();
    if (packet.payloadType !== this.#payloadType) return;
    const pcm = this.#decoder.decode(packet.payload);
    if (!pcm || pcm === 'pause') return;
    this.#heard.copyWithin(0, pcm.length);
    this.#heard.set(pcm, this.#heard.length - pcm.length);
  }
}
