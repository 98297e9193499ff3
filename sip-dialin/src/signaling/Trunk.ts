import type { GatewayTrunk } from '@switchroom/protocol';
import { CallRate } from './CallRate.ts';

/** What became of a place for one more call: over a limit, of calls a second or at a time. */
export type Place = 'taken' | 'too-fast' | 'full';

/** A Trunk at work: its settings, which may change, and the calls that are up over it. */
export class Trunk {
  #settings: GatewayTrunk;
  #calls = 0;
  readonly #rate: CallRate;

  /** `now` is in ms, from a monotonic clock. */
  constructor(settings: GatewayTrunk, now: number) {
    this.#settings = settings;
    this.#rate = new CallRate(settings.callsPerSecond, now);
  }

  get settings(): GatewayTrunk {
    return this.#settings;
  }

  /** For the calls to come: those that are up stay, also when they are too many now. */
  set settings(settings: GatewayTrunk) {
    this.#settings = settings;
    this.#rate.perSecond = settings.callsPerSecond;
  }

  get id(): string {
    return this.#settings.id;
  }

  /** Calls that are up or ringing. */
  get calls(): number {
    return this.#calls;
  }

  /** A place for one more call, to be given back by `release` if it is taken. */
  take(now: number): Place {
    // The rate first: whoever tries too often stays out also when lines are free.
    if (!this.#rate.take(now)) return 'too-fast';
    if (this.#calls >= this.#settings.maxCalls) return 'full';
    this.#calls += 1;
    return 'taken';
  }

  release(): void {
    this.#calls -= 1;
  }
}
