import type { RemoteAudio } from '../../sdp/audio.ts';
import { silentFrame, type FrameEncoder } from '../codecs/frameEncoders.ts';
import { LEG_FORMATS, type LegCodec } from '../codecs/legCodecs.ts';
import { LegSender } from './LegSender.ts';

/** What one phone is sent: frames of 20 ms in its codec, in packets of its stream. */
export class LegOutput {
  readonly sender = new LegSender();
  readonly encoder: FrameEncoder;
  readonly #silence: Uint8Array;
  readonly #send: (packet: Uint8Array) => void;
  #remote: RemoteAudio<LegCodec>;

  /** Takes the encoder over. `before`: the output of the same leg that this one takes the place of. */
  constructor(options: {
    remote: RemoteAudio<LegCodec>;
    encoder: FrameEncoder;
    send: (packet: Uint8Array) => void;
    before: LegOutput | undefined;
  }) {
    this.#remote = options.remote;
    this.encoder = options.encoder;
    this.#send = options.send;
    this.#silence = silentFrame(options.encoder);
    // Another clock needs another SSRC (RFC 3550 section 5.2).
    const { before } = options;
    const clockRate = before && LEG_FORMATS[before.codec].clockRate;
    if (clockRate === LEG_FORMATS[this.codec].clockRate) this.sender = before!.sender;
  }

  get codec(): LegCodec {
    return this.encoder.codec;
  }

  set remote(remote: RemoteAudio<LegCodec>) {
    this.#remote = remote;
  }

  /** The next 20 ms; while the phone does not listen, time goes on only. */
  send(codes: Uint8Array): void {
    const units = LEG_FORMATS[this.codec].clockRate / 50;
    const { direction, payloadType } = this.#remote;
    if (direction === 'sendonly' || direction === 'inactive') this.sender.skip(units);
    else this.#send(this.sender.packet(payloadType, codes, units));
  }

  sendSilence(): void {
    this.send(this.#silence);
  }

  close(): void {
    this.encoder.free();
  }
}
