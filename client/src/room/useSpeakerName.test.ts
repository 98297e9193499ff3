import { afterEach, expect, it, vi } from 'vitest';
import { effectScope, nextTick, shallowRef } from 'vue';
import { NAME_STAYS_MS, useSpeakerName } from './useSpeakerName.ts';

afterEach(() => vi.useRealTimers());

it('names the loudest of the others, and nobody a while after the last word', async () => {
  vi.useFakeTimers();
  const person = (id: string, muted = false) => ({ id, name: id.toUpperCase(), muted });
  const levels = shallowRef(new Map<string, number>());
  const scope = effectScope();
  const name = scope.run(() =>
    useSpeakerName({
      participants: () => [person('me'), person('a'), person('b'), person('c', true)],
      selfId: () => 'me',
      levels: () => levels.value,
    }),
  )!;
  levels.value = new Map([
    ['me', -10],
    ['a', -40],
    ['b', -20],
  ]);
  await nextTick();
  expect(name.value).toBe('B');
  levels.value = new Map([['c', -20]]);
  await vi.advanceTimersByTimeAsync(NAME_STAYS_MS - 1);
  expect(name.value).toBe('B');
  await vi.advanceTimersByTimeAsync(1);
  expect(name.value).toBeUndefined();
  scope.stop();
});
