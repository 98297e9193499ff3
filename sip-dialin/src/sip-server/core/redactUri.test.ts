import { expect, it } from 'vitest';
import { redactUri } from './redactUri.ts';

it.each([
  ['sip:+15550100123@example.com:5070;transport=tcp', 'sip:…@example.com:5070'],
  ['sip:4711@example.com', 'sip:…@example.com'],
  ['sip:example.com', 'sip:example.com'],
  ['tel:+15550100123', 'tel:…'],
  ['sip:user@example.com?Subject=15550100123', 'sip:…@example.com'],
  ['nonsense', '…'],
])('redactUri(%j) shows no digit of a number', (uri, shown) => {
  expect(redactUri(uri)).toBe(shown);
});
