import type { Span } from './RecordingsApi.ts';

/** `1:02:03`, or `2:03`. */
export function clock(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = String(s).padStart(2, '0');
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${tail}` : `${m}:${tail}`;
}

/** Of a part: what is shorter than a second is told as one, or it would end when it begins. */
export function clocks({ fromMs, toMs }: Span): { from: string; to: string } {
  return { from: clock(fromMs), to: clock(Math.max(toMs, fromMs + 1000)) };
}

/** In the user's own way and time zone. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
