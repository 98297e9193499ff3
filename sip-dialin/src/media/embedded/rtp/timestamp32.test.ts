import { expect, it } from 'vitest';
import { timestampAdd, timestampDiff } from './timestamp32.ts';

it('timestampDiff() is the signed distance across the wrap', () => {
  expect(timestampDiff(160, 0)).toBe(160);
  expect(timestampDiff(100, 0xffffffff)).toBe(101);
  expect(timestampDiff(0xffffffff, 100)).toBe(-101);
});

it('timestampAdd() wraps both ways', () => {
  expect(timestampAdd(0xffffff00, 0x200)).toBe(0x100);
  expect(timestampAdd(10, -20)).toBe(0xfffffff6);
});
