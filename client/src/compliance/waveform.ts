import type { Peaks } from './RecordingsApi.ts';

const COLUMNS = 1000;
const HEIGHT = 54;

/** An outline of how loud a track is, as an SVG path 1000 wide for the whole recording and 54 high. */
export function columnsOf(
  { stepMs, peaks }: Pick<Peaks, 'stepMs' | 'peaks'>,
  { startMs, durationMs }: { startMs: number; durationMs: number },
): string {
  const loudest = new Float64Array(COLUMNS);
  for (const [index, peak] of peaks.entries()) {
    const at = startMs + index * stepMs;
    const first = Math.floor((at / durationMs) * COLUMNS);
    const last = Math.max(first, Math.ceil(((at + stepMs) / durationMs) * COLUMNS) - 1);
    for (let column = Math.max(0, first); column <= last && column < COLUMNS; column++) {
      loudest[column] = Math.max(loudest[column] ?? 0, peak);
    }
  }
  // The root shows quiet voices as well.
  return Array.from(loudest, (peak, column) => {
    const half = Math.round(Math.sqrt(peak / 1000) * (HEIGHT / 2) * 10) / 10;
    return half < 0.5 ? '' : `M${column} ${HEIGHT / 2 - half}h1v${2 * half}h-1z`;
  }).join('');
}
