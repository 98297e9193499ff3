import type { FrameEncoder } from '../codecs/frameEncoders.ts';
import type { LegCodec } from '../codecs/legCodecs.ts';
import { ComfortNoise } from './ComfortNoise.ts';
import { MixBus } from './MixBus.ts';
import { MIX_SAMPLES } from './OpusSource.ts';

/** By then filters and codecs have come to rest: 200 ms. */
const QUIET_TICKS = 10;

/** A phone of the room, as the mixer sees it. */
export interface MixedLeg {
  readonly codec: LegCodec;
  /** For what this phone alone hears. */
  readonly encoder: FrameEncoder;
  /** Its next 20 ms at 16 kHz, valid until the next call; `undefined` when it is silent or muted. */
  pullVoice(now: number): Int16Array | undefined;
  /** Takes its next 20 ms, encoded, which it must not change. */
  sendFrame(codes: Uint8Array): void;
  /** The room is silent, and has been for a while. */
  sendSilence(): void;
  /** Changes what this phone alone hears, in place; `undefined` while it hears what all do. */
  readonly volume?: { apply(pcm: Int16Array): void } | undefined;
  /** Noise of its line, while it pauses and says so. */
  readonly noiseDbov: number | undefined;
}

/** A participant of the SFU, as the mixer sees it. */
export interface MixedSource {
  pull(now: number): Int16Array | undefined;
}

/**
 * Mixes one tick of a room: the sum of all who talk, to each phone without itself. All silent phones
 * of a codec share one frame, encoded once. It knows no clock.
 */
export class RoomMixer {
  /** `encoded`: frames that were made; `sent`: phones that got one. */
  readonly stats = { ticks: 0, encoded: 0, sent: 0 };
  readonly #bus = new MixBus(MIX_SAMPLES);
  /** Who hears something of its own in this tick, and what it said itself, if it talks. */
  readonly #alone = new Map<MixedLeg, Int16Array | undefined>();
  /** The same in the tick before: their encoders are up to date. */
  #wereAlone = new Set<MixedLeg>();
  readonly #shared = new Map<LegCodec, FrameEncoder>();
  readonly #wide = new Int16Array(MIX_SAMPLES);
  readonly #noise = new ComfortNoise();
  #quietTicks = 0;

  hasEncoder(codec: LegCodec): boolean {
    return this.#shared.has(codec);
  }

  /** Gives the encoder that all silent phones of its codec share; the mixer frees it. */
  addEncoder(encoder: FrameEncoder): void {
    this.#shared.get(encoder.codec)?.free();
    this.#shared.set(encoder.codec, encoder);
  }

  mixOnce(legs: Iterable<MixedLeg>, sources: Iterable<MixedSource>, now: number): void {
    this.stats.ticks += 1;
    this.#bus.clear();
    this.#alone.clear();
    let any = false;
    for (const source of sources) {
      const frame = source.pull(now);
      if (!frame) continue;
      this.#bus.add(frame);
      any = true;
    }
    let noiseDbov = -Infinity;
    for (const leg of legs) {
      const voice = leg.pullVoice(now);
      noiseDbov = Math.max(noiseDbov, leg.noiseDbov ?? -Infinity);
      if (!voice && !leg.volume) continue;
      if (voice) this.#bus.add(voice);
      any ||= voice !== undefined;
      this.#alone.set(leg, voice);
      // Until now it has heard what the shared encoder made: it goes on from there.
      const shared = this.#shared.get(leg.codec);
      if (shared && !this.#wereAlone.has(leg)) leg.encoder.follow(shared);
    }
    if (noiseDbov > -Infinity) {
      this.#noise.fill(this.#wide, noiseDbov);
      this.#bus.add(this.#wide);
      any = true;
    }
    this.#quietTicks = any ? 0 : this.#quietTicks + 1;
    if (this.#quietTicks > QUIET_TICKS) for (const leg of legs) leg.sendSilence();
    else this.#send(legs);
    this.#wereAlone = new Set(this.#alone.keys());
  }

  close(): void {
    for (const encoder of this.#shared.values()) encoder.free();
    this.#shared.clear();
    this.#alone.clear();
    this.#wereAlone.clear();
  }

  #send(legs: Iterable<MixedLeg>): void {
    this.#bus.write(this.#wide);
    const shared: Partial<Record<LegCodec, Uint8Array>> = {};
    for (const leg of legs) {
      // A codec's shared encoder runs on also when all its phones talk: they come back to it.
      const encoder = this.#shared.get(leg.codec);
      if (!encoder) continue;
      const codes = (shared[leg.codec] ??= this.#encode(encoder));
      if (this.#alone.has(leg)) continue;
      leg.sendFrame(codes);
      this.stats.sent += 1;
    }
    for (const [leg, voice] of this.#alone) {
      if (voice) this.#bus.writeWithout(voice, this.#wide);
      else this.#bus.write(this.#wide);
      leg.volume?.apply(this.#wide);
      leg.sendFrame(this.#encode(leg.encoder));
      this.stats.sent += 1;
    }
  }

  #encode(encoder: FrameEncoder): Uint8Array {
    this.stats.encoded += 1;
    return encoder.encode(this.#wide);
  }
}
