import { expect, it } from 'vitest';
import { byteRange } from './byteRange.ts';

it.each([
  [undefined, undefined],
  ['', undefined],
  ['bytes=-', undefined],
  ['bytes=a-b', undefined],
  ['lines=1-2', undefined],
  ['bytes=0-1,4-5', undefined],
  ['bytes=5-4', undefined],
  ['bytes=99999999999999999999-99999999999999999998', undefined],
  ['bytes=0-', { start: 0, end: 100 }],
  ['bytes=0-0', { start: 0, end: 1 }],
  ['Bytes= 10-19', { start: 10, end: 20 }],
  ['bytes=90-1000', { start: 90, end: 100 }],
  ['bytes=0-99999999999999999999', { start: 0, end: 100 }],
  [`bytes=10-${'9'.repeat(40)}`, { start: 10, end: 100 }],
  ['bytes=-99999999999999999999', { start: 0, end: 100 }],
  ['bytes=-1', { start: 99, end: 100 }],
  ['bytes=-1000', { start: 0, end: 100 }],
])('of 100 bytes, %s is %o', (header, range) => {
  expect(byteRange(header, 100)).toEqual(range);
});

it.each([
  'bytes=100-',
  'bytes=100-200',
  'bytes=-0',
  'bytes=99999999999999999999-',
  `bytes=${'9'.repeat(40)}-`,
])('of 100 bytes, %s is not there', (header) => {
  expect(() => byteRange(header, 100)).toThrow(
    expect.objectContaining({ code: 'range-not-satisfiable' }),
  );
});
