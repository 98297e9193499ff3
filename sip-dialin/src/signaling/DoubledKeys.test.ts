import { expect, it } from 'vitest';
import { DoubledKeys, SAME_KEY_MS, type KeyWay } from './DoubledKeys.ts';

/** `1m` is a 1 in the media, `1i` one by INFO; 200 ms apart. Gives what counts. */
function counted(sent: string): string {
  const keys = new DoubledKeys();
  const ways: Record<string, KeyWay> = { m: 'media', i: 'info' };
  const each = sent.split(' ').map(([key = '', way = '']) => ({ key, way: ways[way]! }));
  return each
    .filter(({ key, way }, index) => !keys.isDoubled(key, way, index * 200))
    .map(({ key }) => key)
    .join('');
}

it('counts a key once that comes both ways, whichever comes first', () => {
  expect(counted('1m 1i 2m 2i 3m 3i')).toBe('123');
  expect(counted('1i 1m 2i 2m')).toBe('12');
  expect(counted('1m 2m 1i 2i')).toBe('12');
});

it('counts the same key twice that was pressed twice', () => {
  expect(counted('1m 1m 1m')).toBe('111');
  expect(counted('1i 1i')).toBe('11');
  expect(counted('1m 1i 1m 1i')).toBe('11');
  expect(counted('1m 1m 1i 1i')).toBe('11');
});

it('counts what comes the other way much later', () => {
  const keys = new DoubledKeys();
  expect(keys.isDoubled('1', 'media', 0)).toBe(false);
  expect(keys.isDoubled('1', 'info', SAME_KEY_MS + 1)).toBe(false);
});
