import type { Clock, Timer } from '../clock.ts';

interface Entry {
  due: number;
  run: () => void;
}

/** A clock that stands still until a test turns it. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Entry>();

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Timer {
    const entry = { due: this.#now + ms, run };
    this.#timers.add(entry);
    return { cancel: () => void this.#timers.delete(entry) };
  }

  /** Lets time pass, running what falls due in its order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers]
        .filter(({ due }) => due <= until)
        .sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.run();
    }
    this.#now = until;
  }
}
