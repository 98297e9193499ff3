import { describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';

describe('eventually', () => {
  it('gives what came after some looks, errors and falsehoods passed over', async () => {
    const looks = [() => undefined, () => false, () => 0];
    let failed = false;
    const found = await eventually(
      () => {
        if (!failed) {
          failed = true;
          throw new Error('not there');
        }
        return looks.shift()?.();
      },
      { what: 'a number', every: 1 },
    );
    expect(found).toBe(0);
  });

  it('says what never came, and why', async () => {
    const never = eventually(
      () => {
        throw new Error('connection refused');
      },
      { what: 'the server', within: 5, every: 1 },
    );
    await expect(never).rejects.toThrow('the server: connection refused');
  });
});
