import { describe, expect, test } from 'vitest';
import { matches } from './npm.mjs';

const WANTED = {
  '': { version: '0.1.0' },
  client: { version: '0.1.0' },
  'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a' },
  'node_modules/@x/linux-arm64': { version: '1.0.0', integrity: 'sha512-b', optional: true },
};
const ZOD = { 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a' } };

describe('matches()', () => {
  test('an optional package may be absent', () => {
    expect(matches(WANTED, ZOD)).toBe(true);
  });

  test('another may not', () => {
    expect(matches(WANTED, {})).toBe(false);
  });

  test('another version or content does not match', () => {
    const other = (change: object): object => ({
      'node_modules/zod': { ...ZOD['node_modules/zod'], ...change },
    });
    expect(matches(WANTED, { ...other({ version: '4.6.6' }) })).toBe(false);
    expect(matches(WANTED, { ...other({ integrity: 'sha512-c' }) })).toBe(false);
  });

  test('nor does what the lock file does not know', () => {
    expect(matches(WANTED, { ...ZOD, 'node_modules/left': { version: '1.0.0' } })).toBe(false);
  });
});
