import { beforeEach, expect, it } from 'vitest';
import { PinTurns, type Turn } from './PinTurns.ts';

const A: Turn = { key: 'a', everyMs: 20_000 };
const B: Turn = { key: 'b', everyMs: 10_000 };
let now: number;
beforeEach(() => void (now = 0));
const pinTurns = (random = (): number => 0): PinTurns => new PinTurns(random, () => now);
const later = (retryAfterMs: number): unknown =>
  expect.objectContaining({ code: 'pin-later', retryAfterMs });

it('gives one turn each so often for each key, and tells the others when to ask again', () => {
  const chances = [0, 0.5, 1];
  const turns = pinTurns(() => chances.shift()!);
  turns.take([A]);
  for (const retryAfterMs of [20_000, 21_500, 23_000]) {
    expect(() => turns.take([A])).toThrow(later(retryAfterMs));
  }
  turns.take([B]);
  now = 20_000;
  turns.take([A]);
});

it('asking early makes nobody wait longer', () => {
  const turns = pinTurns();
  turns.take([A]);
  now = 15_000;
  expect(() => turns.take([A])).toThrow(later(5_000));
  now = 20_000;
  turns.take([A]);
});

it('takes all turns or none', () => {
  const turns = pinTurns();
  turns.take([A]);
  expect(() => turns.take([B, A])).toThrow(later(20_000));
  turns.take([B]);
  now = 15_000;
  expect(() => turns.take([B, A])).toThrow(later(5_000));
});
