import { expect, it } from 'vitest';
import { barsOf } from './quality.ts';

it.each([
  [1, 1],
  [1.5, 1],
  [2, 2],
  [3, 3],
  [3.5, 3],
  [4, 4],
  [4.5, 4],
])('barsOf(%f) is %i', (score, bars) => {
  expect(barsOf(score)).toBe(bars);
});
