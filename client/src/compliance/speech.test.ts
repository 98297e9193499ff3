import { expect, it } from 'vitest';
import { jumpFrom, speechOf } from './speech.ts';
import { clock } from './times.ts';

const peaks = [0, 0, 300, 400, 0, 500, ...Array<number>(20).fill(3), 200];

it('what is loud is speech, a short pause is within it, noise is none', () => {
  expect(speechOf({ stepMs: 100, peaks }, 1000)).toEqual([
    { fromMs: 1200, toMs: 1600 },
    { fromMs: 3600, toMs: 3700 },
  ]);
});

it('jumps to the next beginning, and back to the one before', () => {
  const speech = speechOf({ stepMs: 100, peaks }, 1000);
  expect(jumpFrom(speech, 0, 'next')).toBe(1200);
  expect(jumpFrom(speech, 1200, 'next')).toBe(3600);
  expect(jumpFrom(speech, 3600, 'next')).toBeUndefined();
  expect(jumpFrom(speech, 3700, 'previous')).toBe(1200);
  expect(jumpFrom(speech, 1300, 'previous')).toBeUndefined();
});

it('tells times as clocks do', () => {
  expect([0, 59_999, 61_000, 3_723_000].map(clock)).toEqual(['0:00', '0:59', '1:01', '1:02:03']);
});
