import { createEncoder, type OpusEncoder } from '@switchroom/opus';
import { CLOCK_RATE } from '../format/opus.ts';
import type { PlacedPacket } from '../format/packets.ts';
import { Limiter } from './Limiter.ts';
import { MixSource, type Canvas } from './MixSource.ts';
import type { SpeechSpans } from './SpeechSpans.ts';

/** 20 ms. */
const FRAME = 960;
/** How much is summed at once at most, as much as comes in a turn: all of it is moved each time. 100 ms. */
const CHUNK = 5 * FRAME;
/** A packet may reach so far beyond the chunk it begins in: 120 ms. */
const SPILL = 5760;
/** Frames of zeros encoded after sound: they empty the encoder's overlap and settle its state. */
const HANGOVER_FRAMES = 2;
/**
 * For so many bits the encoder's least effort is as good (19 dB segmental SNR of a voice) as its middle one is for 48
 * kbit/s, at 60 % of the CPU; and encoding is what a mix costs most.
 */
const BITRATE = 64_000;
const COMPLEXITY = 0;
/** -84 dBFS: what an encoder leaves of digital silence. */
const INAUDIBLE = 2;

/**
 * Sums tracks on the recording's clock to one Opus stream. It has no clock: `mix(upTo)` does what is
 * there. A frame in which nobody sounds costs nothing and is left out: a gap is silence.
 *
 * The encoder is CELT only (low delay): after a gap its state and a decoder's, which was fed silence, are
 * the same, so that speech begins without a glitch.
 */
export class Mixer {
  readonly stats = {
    ...{ encoded: 0, silent: 0 },
    ...{ decoded: 0, passedOver: 0, tooLate: 0, decodeErrors: 0 },
  };
  readonly #encoder: OpusEncoder;
  readonly #limiter = new Limiter();
  /** Of all sources that there ever were. */
  readonly #speech = new Map<string, SpeechSpans>();
  readonly #sources = new Map<string, MixSource>();
  readonly #sum = new Float32Array(CHUNK + SPILL);
  readonly #touched = new Uint8Array((CHUNK + SPILL) / FRAME);
  readonly #frame = new Int16Array(FRAME);
  readonly #add: Canvas;
  #cursor = 0;
  #hangover = 0;

  private constructor(encoder: OpusEncoder) {
    this.#encoder = encoder;
    this.#add = (sound, position) => this.#draw(sound, position);
  }

  static async create(): Promise<Mixer> {
    const encoder = await createEncoder({
      sampleRate: CLOCK_RATE,
      application: 'restricted-lowdelay',
      bitrate: BITRATE,
      complexity: COMPLEXITY,
    });
    return new Mixer(encoder);
  }

  /** Samples that the encoder delays sound by. */
  get lookahead(): number {
    return this.#encoder.lookahead;
  }

  /** How far the mix has come, in samples. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Who spoke when, in the order of their beginnings; also after `close()`. */
  get speakers(): { track: string; fromMs: number; toMs: number }[] {
    return [...this.#speech]
      .flatMap(([track, { spans }]) => spans.map((span) => ({ track, ...span })))
      .sort((a, b) => a.fromMs - b.fromMs);
  }

  async addSource(id: string): Promise<void> {
    const source = await MixSource.create(this.stats);
    if (this.#sources.has(id)) {
      source.close();
      return;
    }
    this.#sources.set(id, source);
    this.#speech.set(id, source.speech);
  }

  /** A source that gave all it had; call it once the mix is beyond its end. */
  removeSource(id: string): void {
    this.#sources.get(id)?.close();
    this.#sources.delete(id);
  }

  push(id: string, packet: PlacedPacket, samples: number): void {
    this.#sources.get(id)?.push(packet, samples);
  }

  /** Mixes all whole frames up to a position. What a source brings later for this time is lost. */
  mix(upTo: number): PlacedPacket[] {
    const packets: PlacedPacket[] = [];
    while (upTo - this.#cursor >= FRAME) {
      const frames = Math.min(Math.floor((upTo - this.#cursor) / FRAME), CHUNK / FRAME);
      const until = this.#cursor + frames * FRAME;
      for (const source of this.#sources.values()) source.mix(this.#cursor, until, this.#add);
      for (let i = 0; i < frames; i++) this.#emit(i, packets);
      this.#shift(frames);
    }
    return packets;
  }

  close(): void {
    for (const source of this.#sources.values()) source.close();
    this.#sources.clear();
    this.#encoder.free();
  }

  #draw(sound: Float32Array, position: number): void {
    const start = position - this.#cursor;
    const from = Math.max(0, -start);
    const to = Math.min(sound.length, this.#sum.length - start);
    for (let i = from; i < to; i++) this.#sum[start + i]! += sound[i]!;
    if (to <= from) return;
    this.#touched.fill(1, Math.floor((start + from) / FRAME), Math.ceil((start + to) / FRAME));
  }

  #emit(index: number, packets: PlacedPacket[]): void {
    const sum = this.#sum.subarray(index * FRAME, (index + 1) * FRAME);
    if (this.#touched[index] === 1 && isAudible(sum)) this.#hangover = HANGOVER_FRAMES;
    else if (this.#hangover > 0) this.#hangover--;
    else {
      this.stats.silent++;
      return;
    }
    this.#limiter.process(sum, this.#frame);
    const payload = this.#encoder.encode(this.#frame);
    packets.push({ position: this.#cursor + index * FRAME, payload });
    this.stats.encoded++;
  }

  #shift(frames: number): void {
    this.#cursor += frames * FRAME;
    this.#sum.copyWithin(0, frames * FRAME);
    this.#sum.fill(0, this.#sum.length - frames * FRAME);
    this.#touched.copyWithin(0, frames);
    this.#touched.fill(0, this.#touched.length - frames);
  }
}

function isAudible(sum: Float32Array): boolean {
  for (let i = 0; i < sum.length; i++) if (Math.abs(sum[i]!) > INAUDIBLE) return true;
  return false;
}
