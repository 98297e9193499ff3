import { expect, it } from 'vitest';
import { maskNumber } from './redact.ts';

it.each([
  ['+15550100', '…0100'],
  ['+49 (30) 1234-5678', '…5678'],
  ['555010', '…'],
  ['', '…'],
  ['anonymous', '…'],
])('maskNumber(%j) shows %s', (number, shown) => {
  expect(maskNumber(number)).toBe(shown);
});
