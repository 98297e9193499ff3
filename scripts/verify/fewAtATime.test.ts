import { expect, it } from 'vitest';
import { fewAtATime } from './fewAtATime.mjs';

it('fewAtATime() gives all in their order, and never has more at work', async () => {
  const open: (() => void)[] = [];
  let most = 0;
  const work = async (item: number): Promise<number> => {
    await new Promise<void>((done) => {
      open.push(done);
      most = Math.max(most, open.length);
      // The last that began ends first.
      if (open.length === 3 || item === 6) for (const end of open.splice(0).toReversed()) end();
    });
    return item * 10;
  };
  expect(await Array.fromAsync(fewAtATime([0, 1, 2, 3, 4, 5, 6], 3, work))).toEqual([
    ...[0, 10, 20, 30, 40, 50, 60],
  ]);
  expect(most).toBe(3);
});

it('fewAtATime() throws what is wrong with the first, though another was found wrong before', async () => {
  const late = Promise.withResolvers<never>();
  const work = (item: string): Promise<string> => {
    if (item === 'a') return Promise.resolve('good');
    if (item === 'b') return late.promise;
    late.reject(new Error('b is wrong'));
    return Promise.reject(new Error(`${item} is wrong`));
  };
  const got: string[] = [];
  const run = async (): Promise<void> => {
    for await (const one of fewAtATime(['a', 'b', 'c', 'd'], 4, work)) got.push(one);
  };
  await expect(run()).rejects.toThrow('b is wrong');
  expect(got).toEqual(['good']);
});

it('fewAtATime() tells of an error of the items themselves after what came before it', async () => {
  async function* items(): AsyncGenerator<string> {
    yield 'a';
    throw new Error('no more items');
  }
  const failing = fewAtATime(items(), 4, () => Promise.reject(new Error('a is wrong')));
  await expect(failing.next()).rejects.toThrow('a is wrong');
  const whole = fewAtATime(items(), 4, (item) => Promise.resolve(item));
  expect(await whole.next()).toEqual({ done: false, value: 'a' });
  await expect(whole.next()).rejects.toThrow('no more items');
});
