/** Time as calls see it: injected, so that tests turn hours into none. */
export interface CallClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after `ms` milliseconds; the function that it gives calls it off. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: CallClock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
