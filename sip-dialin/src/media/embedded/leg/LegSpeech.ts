import { createPhoneEncoder, type PhoneEncoder } from '../codecs/opus.ts';
import { LEG_FORMATS } from '../codecs/legCodecs.ts';
import { Downsampler2x } from '../mixer/halfBand.ts';
import { SayQueue } from '../prompts/SayQueue.ts';
import type { Uplink } from '../room/Room.ts';
import { seqAdd } from '../rtp/seq16.ts';
import { timestampAdd } from '../rtp/timestamp32.ts';

/** No caller has it: to the uplink it is another stream, so that each follows on the other by the clock. */
const SPEECH_SSRC = -2;
const NO_PAYLOAD = new Uint8Array(0);

/** What is said in a phone's name: to the other phones by the mix, to the SFU by its uplink. */
export class LegSpeech {
  readonly #queue = new SayQueue();
  readonly #downsampler = new Downsampler2x();
  readonly #narrow = new Int16Array(160);
  /** For a phone that speaks Opus, whose packets are otherwise passed on. */
  #encoder: PhoneEncoder | undefined;
  #sequenceNumber = 0;
  #timestamp = 0;
  #speaking = false;
  #closed = false;

  /** From the first frame to the one after the last. */
  get isSpeaking(): boolean {
    return this.#speaking;
  }

  /** Resolves when it was said, or forgotten. Errors: those of `loading`. */
  async say(loading: Promise<Int16Array>, uplink: Uplink): Promise<void> {
    const prepared = this.#prepare(uplink).then(() => loading);
    await this.#queue.add(prepared);
  }

  /** The next 20 ms at the rate of the leg's codec, also sent to the SFU; valid until the next call. */
  pull(uplink: Uplink, now: number): Int16Array | undefined {
    const frame = this.#queue.pull();
    if (!frame) {
      if (this.#speaking) uplink.pause();
      this.#speaking = false;
      return undefined;
    }
    if (!this.#speaking) uplink.pause();
    this.#speaking = true;
    this.#send(frame, uplink, now);
    return LEG_FORMATS[uplink.codec].pcmRate === 8000 ? this.#narrow : frame;
  }

  /** Nobody is to hear it any more. */
  clear(): void {
    this.#speaking = false;
    this.#queue.clear();
    this.#encoder?.free();
    this.#encoder = undefined;
  }

  close(): void {
    this.#closed = true;
    this.clear();
  }

  async #prepare({ codec }: Uplink): Promise<void> {
    if (codec !== 'opus' || this.#encoder) return;
    const encoder = await createPhoneEncoder(LEG_FORMATS.opus.pcmRate);
    encoder.setDtx(false);
    // Closed meanwhile, or another call of this was faster.
    if (this.#isTaken()) encoder.free();
    else this.#encoder = encoder;
  }

  #isTaken(): boolean {
    return this.#closed || this.#encoder !== undefined;
  }

  #send(frame: Int16Array, uplink: Uplink, now: number): void {
    const { clockRate, pcmRate } = LEG_FORMATS[uplink.codec];
    this.#sequenceNumber = seqAdd(this.#sequenceNumber, 1);
    this.#timestamp = timestampAdd(this.#timestamp, clockRate / 50);
    // Renegotiated while it speaks: the phones hear it, the SFU hears the next one.
    if (uplink.codec === 'opus' && !this.#encoder) return;
    const payload = uplink.codec === 'opus' ? this.#encoder!.encode(frame) : NO_PAYLOAD;
    if (pcmRate === 8000) this.#downsampler.process(frame, this.#narrow);
    uplink.push(
      {
        ssrc: SPEECH_SSRC,
        sequenceNumber: this.#sequenceNumber,
        timestamp: this.#timestamp,
        payload,
        pcm: pcmRate === 8000 ? this.#narrow : frame,
        voice: true,
      },
      now,
    );
  }
}
