import { expect, it } from 'vitest';
import { freePort } from './freePort.ts';

it('freePort() gives a port that can be listened on, and 0 where there is none', async () => {
  expect(await freePort('127.0.0.1')).toBeGreaterThan(0);
  expect(await freePort('192.0.2.1')).toBe(0);
});
