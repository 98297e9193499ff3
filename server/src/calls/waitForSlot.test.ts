import { expect, it } from 'vitest';
import { HOUR_MS, waitForSlot } from './waitForSlot.ts';

const begun = [1_000, 2_000, 5_000].map((at) => ({ at }));

it.each([
  [4, 0],
  // As many as there may be: until the oldest is an hour ago.
  [3, HOUR_MS - 5_000],
  // The limit was lowered meanwhile: until two are.
  [2, HOUR_MS - 4_000],
  [1, HOUR_MS - 1_000],
])('of %i an hour the next may begin in %i ms', (most, wait) => {
  expect(waitForSlot(begun, most, 6_000)).toBe(wait);
});

it('what began an hour ago does not count', () => {
  expect(waitForSlot(begun, 3, 1_000 + HOUR_MS)).toBe(0);
  expect(waitForSlot([], 1, 0)).toBe(0);
});
