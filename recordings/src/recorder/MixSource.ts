import { createDecoder, type OpusDecoder } from '@switchroom/opus';
import { CLOCK_RATE, SAMPLES_PER_MS } from '../format/opus.ts';
import type { PlacedPacket } from '../format/packets.ts';
import { Leveller, levelDbov } from './Leveller.ts';
import { SpeechSpans } from './SpeechSpans.ts';

const FRAME = 20 * SAMPLES_PER_MS;
/** Lost packets of up to 60 ms are concealed; a longer gap is a pause. */
const MAX_CONCEAL = 3 * FRAME;
/** What is decoded at once at most: 120 ms. */
const LONGEST_PACKET = 120 * SAMPLES_PER_MS;
/** Sound begins and ends so: a step would click. */
const FADE_IN = 5 * SAMPLES_PER_MS;
const FADE_OUT = 10 * SAMPLES_PER_MS;
/** Of an Opus frame so short nothing can be heard: DTX (RFC 6716 section 2.1.9), or digital silence. */
const EMPTY_BYTES = 3;
/** Softer than this is silence, if the sender says so: a quiet room at a headset is about -60. */
const SILENT_DBOV = -70;
/** Silence is decoded for so long still; what is heard by then shows whether the sender's word is good. */
const HANGOVER = 200 * SAMPLES_PER_MS;
/** So many packets before a sound are decoded and thrown away: they bring the decoder to where the encoder was. */
const PRE_ROLL = 3;
/** Every so many packets that were passed over one is decoded, whatever the sender says: about 5 s. */
const PROBE_EVERY = 250;
/** A sender who says that this is silence is not believed any more. */
const LIE_DBOV = -55;
/** A packet on its own, softer than this, is the noise that a sender with DTX sends now and then (each 400 ms). */
const LONE_DBOV = -45;

interface QueuedPacket extends PlacedPacket {
  samples: number;
}

/** What became of the packets of all sources of a mix. */
export interface MixSourceStats {
  decoded: number;
  /** Silent, and not decoded. */
  passedOver: number;
  /** For a time that was mixed already. */
  tooLate: number;
  decodeErrors: number;
}

/** Takes sound at a place on the recording's clock. */
export type Canvas = (sound: Float32Array, position: number) => void;

/**
 * One track on its way into the mix: decoded, brought to the common level, faded in and out. Silence is not
 * decoded: that most are silent most of the time is what makes a mix cheap.
 */
export class MixSource {
  readonly speech = new SpeechSpans();
  readonly #stats: MixSourceStats;
  readonly #decoder: OpusDecoder;
  readonly #leveller = new Leveller();
  readonly #sound = new Float32Array(LONGEST_PACKET);
  readonly #queue: QueuedPacket[] = [];
  /** End of what was taken last. */
  #end = -Infinity;
  /** Where the sender last was not silent, or began. */
  #loudAt: number | null = null;
  /** Whether what was taken last is in the mix. */
  #sounding = false;
  /** The last that were passed over. */
  #passed: QueuedPacket[] = [];
  #sinceProbe = 0;
  #believed = true;

  private constructor(decoder: OpusDecoder, stats: MixSourceStats) {
    this.#decoder = decoder;
    this.#stats = stats;
  }

  /** `stats`: where it counts. */
  static async create(stats: MixSourceStats): Promise<MixSource> {
    return new MixSource(await createDecoder({ sampleRate: CLOCK_RATE }), stats);
  }

  push(packet: PlacedPacket, samples: number): void {
    this.#queue.push({ ...packet, samples });
  }

  /** Gives the canvas all that begins before `until`. `from`: what was before is written already. */
  mix(from: number, until: number, canvas: Canvas): void {
    let taken = 0;
    for (const packet of this.#queue) {
      if (packet.position >= until) break;
      taken++;
      if (packet.position < from) this.#stats.tooLate++;
      this.#take(packet, this.#queue[taken], canvas);
      this.#end = packet.position + packet.samples;
    }
    this.#queue.splice(0, taken);
    if (!this.#sounding || this.#end > until) return;
    // What belongs into this stretch still.
    const next = this.#queue[0]?.position ?? Infinity;
    if (next - this.#end > MAX_CONCEAL) this.#fadeOut(canvas);
    else this.#conceal(next, canvas);
  }

  close(): void {
    this.#decoder.free();
  }

  #take(packet: QueuedPacket, next: QueuedPacket | undefined, canvas: Canvas): void {
    const { position, samples } = packet;
    const isAfterPause = position - this.#end > MAX_CONCEAL;
    if (isAfterPause) {
      this.#fadeOut(canvas);
      this.#passed = [];
    }
    const isLone = isAfterPause && (next?.position ?? Infinity) - position - samples > MAX_CONCEAL;
    try {
      if (!this.#isSilent(packet)) this.#play(packet, isLone, canvas);
      else if (this.#sinceProbe < PROBE_EVERY || !this.#caught(packet, canvas)) {
        this.#passOver(packet, canvas);
      }
    } catch {
      this.#stats.decodeErrors++;
    }
  }

  /** Whether it need not be decoded. */
  #isSilent({ position, payload, audioLevel }: QueuedPacket): boolean {
    const isEmpty = payload.length <= EMPTY_BYTES;
    const saysSo = this.#believed && audioLevel !== undefined && -audioLevel <= SILENT_DBOV;
    if (this.#loudAt === null || (!isEmpty && !saysSo)) this.#loudAt = position;
    return position - this.#loudAt > HANGOVER;
  }

  #play(packet: QueuedPacket, isLone: boolean, canvas: Canvas): void {
    const { position, payload, audioLevel } = packet;
    if (this.#sounding) this.#conceal(position, canvas);
    else this.#preRoll();
    const pcm = this.#decode(payload);
    if (isLone && levelDbov(pcm) < LONE_DBOV) return;
    this.#add(pcm, position, canvas);
    const saysSilent = audioLevel !== undefined && -audioLevel <= SILENT_DBOV;
    // The first may have in them what came before.
    if (saysSilent && position - this.#loudAt! > HANGOVER / 2) this.#judge(pcm);
  }

  #passOver(packet: QueuedPacket, canvas: Canvas): void {
    this.#fadeOut(canvas);
    this.#sinceProbe++;
    this.#stats.passedOver++;
    if (this.#passed.length === PRE_ROLL) this.#passed.shift();
    this.#passed.push(packet);
  }

  /** Decodes what the sender says is silent; true when it is not, and is played. */
  #caught(packet: QueuedPacket, canvas: Canvas): boolean {
    this.#sinceProbe = 0;
    this.#preRoll();
    const pcm = this.#decode(packet.payload);
    this.#judge(pcm);
    if (this.#believed) return false;
    this.#loudAt = packet.position;
    this.#add(pcm, packet.position, canvas);
    return true;
  }

  #judge(pcm: Int16Array): void {
    if (levelDbov(pcm) > LIE_DBOV) this.#believed = false;
  }

  #decode(payload: Uint8Array): Int16Array {
    this.#stats.decoded++;
    return this.#decoder.decode(payload);
  }

  #preRoll(): void {
    const before = this.#passed;
    this.#passed = [];
    for (const { payload } of before) this.#decode(payload);
  }

  /** Fills a short gap before a place as a decoder that lost packets would. */
  #conceal(position: number, canvas: Canvas): void {
    while (this.#end < position) {
      const length = Math.min(FRAME, position - this.#end);
      const sound = this.#sound.subarray(0, length);
      this.#leveller.process(this.#decoder.conceal(length), sound);
      canvas(sound, this.#end);
      this.#end += length;
    }
  }

  /** The sound ends here: what a decoder makes up to go on with is faded out. */
  #fadeOut(canvas: Canvas): void {
    if (!this.#sounding) return;
    this.#sounding = false;
    const sound = this.#sound.subarray(0, FADE_OUT);
    this.#leveller.process(this.#decoder.conceal(FADE_OUT), sound);
    for (let i = 0; i < FADE_OUT; i++) sound[i]! *= fade(1 - i / FADE_OUT);
    canvas(sound, this.#end);
  }

  #add(pcm: Int16Array, position: number, canvas: Canvas): void {
    this.speech.push(pcm, position);
    const sound = this.#sound.subarray(0, pcm.length);
    this.#leveller.process(pcm, sound);
    const length = this.#sounding ? 0 : Math.min(FADE_IN, pcm.length);
    for (let i = 0; i < length; i++) sound[i]! *= fade(i / length);
    this.#sounding = true;
    canvas(sound, position);
  }
}

/** From 0 to 1 without a corner at either end. */
function fade(at: number): number {
  return (1 - Math.cos(Math.PI * at)) / 2;
}
