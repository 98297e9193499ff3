/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

/** Time as the server sees it: injected, so that tests turn 32 seconds into none. */
export interface Clock {
  /** Calls `run` once after `ms` milliseconds. */
  after(ms: number, run: () => void): Timer;
  /** Wall-clock milliseconds since 1970, for time stamps only. */
  now(): number;
}

export const systemClock: Clock = {
  after(ms, run) {
    const handle = setTimeout(run, ms);
    return { cancel: () => clearTimeout(handle) };
  },
  now: () => performance.timeOrigin + performance.now(),
};

/** `HH:MM:SS.micros` in UTC, as drachtio stamps its messages. */
export function timeOfDay(clock: Clock): string {
  const now = clock.now();
  const seconds = new Date(now).toISOString().slice(11, 19);
  const micros = Math.floor((now % 1000) * 1000);
  return `${seconds}.${micros.toString().padStart(6, '0')}`;
}
