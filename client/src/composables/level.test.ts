import { expect, it } from 'vitest';
import { CEILING_DB, decibelsOf, FLOOR_DB, meterOf, SILENCE } from './level.ts';

it('decibelsOf() is 0 for full scale, -3 for a full sine, -Infinity for silence', () => {
  expect(decibelsOf([1, -1, 1, -1])).toBe(0);
  const sine = Float32Array.from({ length: 480 }, (_, i) => Math.sin((2 * Math.PI * i) / 48));
  expect(decibelsOf(sine)).toBeCloseTo(-3.01, 1);
  expect(decibelsOf([0, 0])).toBe(-Infinity);
});

it('meterOf() goes from 0 at the floor to 1 at the ceiling', () => {
  expect(meterOf(-Infinity)).toBe(0);
  expect(meterOf(SILENCE)).toBe(0);
  expect(meterOf(FLOOR_DB)).toBe(0);
  expect(meterOf((FLOOR_DB + CEILING_DB) / 2)).toBe(0.5);
  expect(meterOf(0)).toBe(1);
});
