import type { Peaks } from './RecordingsApi.ts';

/** When somebody speaks, on the recording's clock. */
export interface Speech {
  fromMs: number;
  toMs: number;
}

/** -34 dB of full scale: above what a quiet room and a phone line make. */
const SPEAKS = 20;
/** Shorter pauses are within one saying, ms. */
const PAUSE_MS = 700;

/** Where a track is loud enough to be speech. */
export function speechOf(
  { stepMs, peaks }: Pick<Peaks, 'stepMs' | 'peaks'>,
  startMs: number,
): Speech[] {
  const all: Speech[] = [];
  for (const [index, peak] of peaks.entries()) {
    if (peak < SPEAKS) continue;
    const fromMs = startMs + index * stepMs;
    const last = all.at(-1);
    if (last !== undefined && fromMs - last.toMs <= PAUSE_MS) last.toMs = fromMs + stepMs;
    else all.push({ fromMs, toMs: fromMs + stepMs });
  }
  return all;
}

/** The beginning of the next saying after `atMs`, or of the one before; undefined when there is none. */
export function jumpFrom(
  speech: readonly Speech[],
  atMs: number,
  way: 'next' | 'previous',
): number | undefined {
  const starts = speech.map(({ fromMs }) => fromMs);
  if (way === 'next') return starts.find((fromMs) => fromMs > atMs + 50);
  // Whoever has just begun wants the one before.
  return starts.findLast((fromMs) => fromMs < atMs - 1000);
}
