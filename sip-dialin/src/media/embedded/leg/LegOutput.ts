import type { RemoteAudio } from '../../sdp/audio.ts';
import { silentFrame, type FrameEncoder } from '../codecs/frameEncoders.ts';
import { LEG_FORMATS, type LegCodec } from '../codecs/legCodecs.ts';
import { LegSender } from './LegSender.ts';
import { Packetizer, packetMs } from './Packetizer.ts';

const FRAME_MS = 20;
/** In a pause of ours a packet is sent every 400 ms, as Opus does. */
const REMINDER_FRAMES = 20;
/** Our silence is digital: about what an idle line has, -70 dBov (RFC 3389 section 3.1). */
const COMFORT_NOISE = Uint8Array.of(70);

/** What one phone is sent: frames of 20 ms in its codec, in packets of its stream. */
export class LegOutput {
  readonly sender = new LegSender();
  readonly encoder: FrameEncoder;
  readonly #silence: Uint8Array;
  readonly #send: (packet: Uint8Array) => void;
  readonly #unitsPerMs: number;
  #packetizer: Packetizer;
  #packetMs: number;
  /** How long nothing but silence was sent, where the phone takes a pause for it. */
  #silentFrames = 0;
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
    this.#unitsPerMs = LEG_FORMATS[this.codec].clockRate / 1000;
    this.#packetMs = packetMs(options.remote.ptimeMs, options.remote.maxPtimeMs);
    this.#packetizer = new Packetizer(this.codec, this.#packetMs);
    // Another clock needs another SSRC (RFC 3550 section 5.2).
    const { before } = options;
    const clockRate = before && LEG_FORMATS[before.codec].clockRate;
    if (clockRate === LEG_FORMATS[this.codec].clockRate) this.sender = before!.sender;
  }

  get codec(): LegCodec {
    return this.encoder.codec;
  }

  set remote(remote: RemoteAudio<LegCodec>) {
    const ms = packetMs(remote.ptimeMs, remote.maxPtimeMs);
    if (ms !== this.#packetMs) {
      this.#skip(this.#packetizer.clear());
      this.#packetizer = new Packetizer(this.codec, ms);
      this.#packetMs = ms;
    }
    this.#remote = remote;
  }

  /** The next 20 ms; while the phone does not listen, time goes on only. */
  send(codes: Uint8Array): void {
    const marker = this.#silentFrames > 0; // The first after a pause (RFC 3551 section 4.1).
    this.#silentFrames = 0;
    this.#sendFrame(codes, marker);
  }

  /** 20 ms of silence: comfort noise or nothing, where the phone takes that, now and then. */
  sendSilence(): void {
    const { noisePayloadType, usesDtx } = this.#remote;
    const mayPause = noisePayloadType !== undefined || (this.codec === 'opus' && usesDtx);
    if (!mayPause || this.#isDeaf()) {
      this.#sendFrame(this.#silence, false);
      return;
    }
    if (this.#silentFrames === 0) this.#skip(this.#packetizer.clear());
    // NATs and phones want to see something from time to time.
    if (this.#silentFrames++ % REMINDER_FRAMES > 0) this.#skip(FRAME_MS);
    else if (noisePayloadType === undefined) this.#sendPacket(this.#silence, FRAME_MS, false);
    else
      this.#send(this.sender.packet(noisePayloadType, COMFORT_NOISE, FRAME_MS * this.#unitsPerMs));
  }

  #sendFrame(codes: Uint8Array, marker: boolean): void {
    // As nearly all phones want it.
    if (this.#packetMs === FRAME_MS) {
      if (this.#isDeaf()) this.#skip(FRAME_MS);
      else this.#sendPacket(codes, FRAME_MS, marker);
      return;
    }
    for (const { payload, ms } of this.#packetizer.push(codes)) {
      if (this.#isDeaf()) this.#skip(ms);
      else this.#sendPacket(payload, ms, marker);
    }
  }

  #sendPacket(payload: Uint8Array, ms: number, marker: boolean): void {
    const { payloadType } = this.#remote;
    this.#send(this.sender.packet(payloadType, payload, ms * this.#unitsPerMs, marker));
  }

  #skip(ms: number): void {
    this.sender.skip(ms * this.#unitsPerMs);
  }

  #isDeaf(): boolean {
    const { direction } = this.#remote;
    return direction === 'sendonly' || direction === 'inactive';
  }

  close(): void {
    this.encoder.free();
  }
}
