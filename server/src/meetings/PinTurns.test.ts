import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PinTurns } from './PinTurns.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('gives one turn in 20 s for each key, and tells the others when to ask again', async () => {
  const chances = [0, 0.5, 1];
  const turns = new PinTurns(() => chances.shift()!);
  await turns.take('a');
  for (const retryAfterMs of [20_000, 21_500, 23_000]) {
    await expect(turns.take('a')).rejects.toMatchObject({ code: 'pin-later', retryAfterMs });
  }
  await turns.take('b');
  await vi.advanceTimersByTimeAsync(20_001);
  await turns.take('a');
});

it('asking early makes nobody wait longer', async () => {
  const turns = new PinTurns(() => 0);
  await turns.take('a');
  await vi.advanceTimersByTimeAsync(15_000);
  const refusal = await turns.take('a').catch((error: unknown) => error);
  expect(refusal).toMatchObject({ retryAfterMs: 5_000 });
  await vi.advanceTimersByTimeAsync(5_001);
  await turns.take('a');
});
