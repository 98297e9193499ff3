import type { FrameEncoder } from '../codecs/frameEncoders.ts';
import { g711, type G711Law } from '../codecs/g711.ts';
import { LEG_FORMATS, type LegCodec } from '../codecs/legCodecs.ts';
import { ComfortNoise } from './ComfortNoise.ts';
import { NARROW_SAMPLES, TwoRateBus, WIDE_SAMPLES } from './TwoRateBus.ts';

/** By then filters and codecs have come to rest: 200 ms. */
const QUIET_TICKS = 10;

/** A phone of the room, as the mixer sees it. */
export interface MixedLeg {
  readonly codec: LegCodec;
  /** For what this phone alone hears. */
  readonly encoder: FrameEncoder;
  /**
   * Its next 20 ms at the rate of its codec, 8 or 16 kHz, valid until the next call; `undefined`
   * when it is silent or muted.
   */
  pullVoice(now: number): Int16Array | undefined;
  /** The codes that this frame came as, when it is what they say to the last bit. */
  codesOf?(voice: Int16Array): G711Frame | undefined;
  /** Takes its next 20 ms, encoded, which it must not change. */
  sendFrame(codes: Uint8Array): void;
  /** The room is silent, and has been for a while. */
  sendSilence(): void;
  /** Changes what this phone alone hears, in place; `undefined` while it hears what all do. */
  readonly volume?: { apply(pcm: Int16Array): void } | undefined;
  /** Noise of its line, while it pauses and says so. */
  readonly noiseDbov: number | undefined;
}

/** 20 ms as a phone sent them. */
export interface G711Frame {
  readonly law: G711Law;
  readonly codes: Uint8Array;
}

/** A participant of the SFU, as the mixer sees it: 20 ms at 16 kHz. */
export interface MixedSource {
  pull(now: number): Int16Array | undefined;
}

/**
 * Mixes one tick of a room: the sum of all who talk, to each phone without itself. All silent phones
 * of a codec share one frame, encoded once; a lone talker's G.711 is passed on as it came. It knows
 * no clock.
 */
export class RoomMixer {
  /** `encoded`: frames that were made; `passedOn`: as they came; `sent`: phones that got one. */
  readonly stats = { ticks: 0, encoded: 0, passedOn: 0, sent: 0 };
  readonly #bus = new TwoRateBus();
  /** What each talker said in this tick. */
  readonly #talking = new Map<MixedLeg, Int16Array>();
  /** Who heard something of its own in the tick before: their encoders are up to date. */
  #apart = new Set<MixedLeg>();
  readonly #shared = new Map<LegCodec, FrameEncoder>();
  readonly #wide = new Int16Array(WIDE_SAMPLES);
  readonly #narrow = new Int16Array(NARROW_SAMPLES);
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

  /** True when nobody said anything. */
  mixOnce(legs: Iterable<MixedLeg>, sources: Iterable<MixedSource>, now: number): boolean {
    this.stats.ticks += 1;
    this.#bus.clear();
    this.#talking.clear();
    let others = 0;
    for (const source of sources) {
      const frame = source.pull(now);
      if (!frame) continue;
      this.#bus.add(frame);
      others += 1;
    }
    const listeners = { narrow: false, wide: false };
    let noiseDbov = -Infinity;
    for (const leg of legs) {
      listeners[isNarrow(leg.codec) ? 'narrow' : 'wide'] = true;
      const voice = leg.pullVoice(now);
      noiseDbov = Math.max(noiseDbov, leg.noiseDbov ?? -Infinity);
      // While another codec is being negotiated it may be of the other rate.
      if (voice?.length !== this.#frameFor(leg).length) continue;
      this.#bus.add(voice);
      this.#talking.set(leg, voice);
    }
    const quiet = others === 0 && this.#talking.size === 0;
    const noisy = quiet && noiseDbov > -Infinity;
    if (noisy) {
      this.#noise.fill(this.#wide, noiseDbov);
      this.#bus.add(this.#wide);
    }
    this.#quietTicks = quiet && !noisy ? this.#quietTicks + 1 : 0;
    if (this.#quietTicks > QUIET_TICKS) {
      this.#apart.clear();
      for (const leg of legs) leg.sendSilence();
    } else {
      const lone = this.#loneCodes();
      this.#bus.cross(listeners);
      this.#send(legs, lone);
    }
    return quiet;
  }

  close(): void {
    for (const encoder of this.#shared.values()) encoder.free();
    this.#shared.clear();
    this.#talking.clear();
    this.#apart.clear();
  }

  /** What the only one who talks sent, where it is all that there is to be heard. */
  #loneCodes(): G711Frame | undefined {
    if (this.#talking.size !== 1 || !this.#bus.isNarrowOnly) return undefined;
    for (const [leg, voice] of this.#talking) return leg.codesOf?.(voice);
    return undefined;
  }

  #send(legs: Iterable<MixedLeg>, lone: G711Frame | undefined): void {
    const shared: Partial<Record<LegCodec, Uint8Array>> = lone ? { [lone.law]: lone.codes } : {};
    const apart = new Set<MixedLeg>();
    for (const leg of legs) {
      const encoder = this.#shared.get(leg.codec);
      if (!encoder || (!this.#talking.has(leg) && !leg.volume)) continue;
      apart.add(leg);
      // Until now it has heard what the shared encoder made: it goes on from there.
      if (!this.#apart.has(leg)) leg.encoder.follow(encoder);
    }
    for (const leg of legs) {
      const encoder = this.#shared.get(leg.codec);
      if (!encoder) continue;
      const known = shared[leg.codec];
      if (known && known === lone?.codes && !apart.has(leg)) this.stats.passedOn += 1;
      // A codec's shared encoder runs on also when all its phones talk: they come back to it.
      const codes = known ?? this.#encodeAll(encoder);
      shared[leg.codec] = codes;
      leg.sendFrame(apart.has(leg) ? this.#encodeApart(leg) : codes);
      this.stats.sent += 1;
    }
    this.#apart = apart;
  }

  #encodeAll(encoder: FrameEncoder): Uint8Array {
    const frame = isNarrow(encoder.codec) ? this.#narrow : this.#wide;
    this.#bus.write(frame);
    return this.#encode(encoder, frame);
  }

  /** What this phone alone hears. */
  #encodeApart(leg: MixedLeg): Uint8Array {
    const frame = this.#frameFor(leg);
    const own = this.#talking.get(leg);
    if (own) this.#bus.writeWithout(own, frame);
    else this.#bus.write(frame);
    leg.volume?.apply(frame);
    return this.#encode(leg.encoder, frame);
  }

  #frameFor({ codec }: MixedLeg): Int16Array {
    return isNarrow(codec) ? this.#narrow : this.#wide;
  }

  #encode(encoder: FrameEncoder, frame: Int16Array): Uint8Array {
    this.stats.encoded += 1;
    const { codec } = encoder;
    if (!isNarrow(codec)) return encoder.encode(frame);
    const codes = new Uint8Array(NARROW_SAMPLES);
    g711(codec).encode(frame, codes);
    return codes;
  }
}

function isNarrow(codec: LegCodec): codec is G711Law {
  return LEG_FORMATS[codec].pcmRate === 8000;
}
