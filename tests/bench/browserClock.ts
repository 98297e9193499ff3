import type { Page } from 'playwright-core';
import { now } from './BenchPhone.ts';
import { listenWithClock, type PagePiece } from './browserProbe.ts';
import type { Timeline } from './Timeline.ts';

/** 48 kHz to 8 kHz. */
const STEP = 6;
const ROUNDS = 30;

/** How far the page's clock is ahead of ours, ms: by the round trip that was the shortest of many. */
export async function clockOffset(page: Page): Promise<number> {
  let best = { took: Infinity, offset: 0 };
  for (let i = 0; i < ROUNDS; i++) {
    const before = now();
    const there = await page.evaluate(() => performance.timeOrigin + performance.now());
    const after = now();
    const took = after - before;
    if (took < best.took) best = { took, offset: there - (before + after) / 2 };
  }
  return best.offset;
}

/** What the page hears or says, on our clock, at 8 kHz. */
export async function listenInPage(
  page: Page,
  options: { seconds: number; which: 'heard' | 'said' },
): Promise<Timeline> {
  const offset = await clockOffset(page);
  const pieces = await page.evaluate(listenWithClock, options);
  const all = Buffer.concat(pieces.map(({ samples }) => Buffer.from(samples, 'base64')));
  const samples = Int16Array.from({ length: Math.floor(all.length / 2 / STEP) }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < STEP; k++) sum += all.readInt16LE(2 * (i * STEP + k));
    return Math.round(sum / STEP);
  });
  // Whoever told the time earliest was held up least.
  const starts = pieces.map(({ at, position }: PagePiece) => at - position / 48);
  return { startMs: Math.min(...starts) - offset, sound: { sampleRate: 8000, samples } };
}
