import { g711, type G711Law } from '../codecs/g711.ts';
import { Downsampler2x } from './halfBand.ts';
import { MixBus } from './MixBus.ts';
import { MIX_SAMPLES } from './OpusSource.ts';

const PHONE_SAMPLES = MIX_SAMPLES / 2;

/** A phone of the room, as the mixer sees it. */
export interface MixedLeg {
  readonly law: G711Law;
  /** Its next 20 ms at 16 kHz, valid until the next call; `undefined` when it is silent or muted. */
  pullVoice(now: number): Int16Array | undefined;
  /** Takes its next 20 ms, as codes at 8 kHz, which it must not change. */
  sendFrame(codes: Uint8Array): void;
}

/** A participant of the SFU, as the mixer sees it. */
export interface MixedSource {
  pull(now: number): Int16Array | undefined;
}

/** What each talker gets: the mix without itself, by a filter of its own. */
interface Talker {
  downsampler: Downsampler2x;
  voice: Int16Array;
}

/**
 * Mixes one tick of a room: the sum of all who talk, to each phone without itself. All silent phones
 * share one frame, filtered once and encoded once for each law. It knows no clock.
 */
export class RoomMixer {
  /** `encoded`: frames that were made; `sent`: phones that got one. */
  readonly stats = { ticks: 0, encoded: 0, sent: 0 };
  readonly #bus = new MixBus(MIX_SAMPLES);
  readonly #talkers = new Map<MixedLeg, Talker>();
  readonly #talking = new Set<MixedLeg>();
  readonly #sharedDownsampler = new Downsampler2x();
  readonly #wide = new Int16Array(MIX_SAMPLES);
  readonly #narrow = new Int16Array(PHONE_SAMPLES);

  mixOnce(legs: Iterable<MixedLeg>, sources: Iterable<MixedSource>, now: number): void {
    this.stats.ticks += 1;
    this.#bus.clear();
    let any = false;
    for (const source of sources) {
      const frame = source.pull(now);
      if (!frame) continue;
      this.#bus.add(frame);
      any = true;
    }
    this.#talking.clear();
    for (const leg of legs) {
      const voice = leg.pullVoice(now);
      if (!voice) continue;
      this.#bus.add(voice);
      this.#talking.add(leg);
      this.#remember(leg, voice);
      any = true;
    }
    this.#forgetSilent();
    this.#send(legs, any);
  }

  /** Filters begin where the shared one is: until now the leg has heard what that made. */
  #remember(leg: MixedLeg, voice: Int16Array): void {
    const known = this.#talkers.get(leg);
    if (known) {
      known.voice = voice;
      return;
    }
    const downsampler = new Downsampler2x();
    downsampler.copyFrom(this.#sharedDownsampler);
    this.#talkers.set(leg, { downsampler, voice });
  }

  #forgetSilent(): void {
    for (const leg of this.#talkers.keys()) {
      if (!this.#talking.has(leg)) this.#talkers.delete(leg);
    }
  }

  #send(legs: Iterable<MixedLeg>, any: boolean): void {
    if (any) this.#bus.write(this.#wide);
    else this.#wide.fill(0);
    this.#sharedDownsampler.process(this.#wide, this.#narrow);

    const shared: Partial<Record<G711Law, Uint8Array>> = {};
    for (const leg of legs) {
      if (this.#talking.has(leg)) continue;
      shared[leg.law] ??= this.#encode(leg.law);
      leg.sendFrame(shared[leg.law]!);
      this.stats.sent += 1;
    }
    for (const [leg, { downsampler, voice }] of this.#talkers) {
      this.#bus.writeWithout(voice, this.#wide);
      downsampler.process(this.#wide, this.#narrow);
      leg.sendFrame(this.#encode(leg.law));
      this.stats.sent += 1;
    }
  }

  #encode(law: G711Law): Uint8Array {
    this.stats.encoded += 1;
    const codes = new Uint8Array(PHONE_SAMPLES);
    g711(law).encode(this.#narrow, codes);
    return codes;
  }
}
