import { expect, it } from 'vitest';
import { keyIn } from './keyIn.ts';

it('is the same for the same caller in the same meeting, and tells nothing across meetings', () => {
  const key = keyIn('m1', 'phone +15550123');
  expect(keyIn('m1', 'phone +15550123')).toBe(key);
  expect(keyIn('m2', 'phone +15550123')).not.toBe(key);
  expect(keyIn('m1', 'phone +15550124')).not.toBe(key);
  expect(keyIn('m1', 'user +15550123')).not.toBe(key);
});
