import { describe, expect, it } from 'vitest';
import { Punctuality } from './Punctuality.ts';

function after(count: number, lateMs: (i: number) => number, spacing = 20): Punctuality {
  const punctuality = new Punctuality();
  for (let i = 0; i < count; i++) punctuality.update(1000 + i * spacing + lateMs(i), i * 20);
  return punctuality;
}

describe('Punctuality', () => {
  it('waits for a packet as long as packets have been late, within its bounds', () => {
    expect(after(100, () => 0).deadline(2000)).toBeCloseTo(3000 + 8, 0);
    const uneven = after(100, (i) => (i % 5) * 2);
    expect(uneven.isGood).toBe(true);
    expect(uneven.deadline(2000) - 3000).toBeGreaterThan(12);
    expect(after(100, (i) => (i % 5) * 30).deadline(2000) - 3000).toBeLessThan(21);
  });

  it('is not good while packets come unevenly, and good again after that', () => {
    expect(after(100, (i) => (i % 4) * 10).isGood).toBe(false);
    expect(after(600, (i) => (i < 100 ? (i % 4) * 10 : 0)).isGood).toBe(true);
  });

  it('forgets an accident soon, and a habit later', () => {
    const goodAgainAfter = (everyMs: number): number => {
      let packets = 0;
      const late = (i: number): number => (i > 0 && (i * 20) % everyMs === 0 ? 60 : 0);
      const last = 3 * Math.ceil(everyMs / 20);
      while (!after(last + packets, late).isGood || packets === 0) packets += 1;
      return packets * 20;
    };
    expect(goodAgainAfter(30_000)).toBeLessThan(1600);
    expect(goodAgainAfter(8000)).toBeGreaterThan(3000);
  });

  it('does not hold against a stream what we were late to read', () => {
    const readLate = (unreadSince: number): Punctuality => {
      const punctuality = after(100, () => 0);
      // Three packets at once, 50 ms after the first of them was due.
      for (let i = 100; i < 103; i++) punctuality.update(3050, i * 20, unreadSince);
      return punctuality;
    };
    expect(readLate(3050).isGood).toBe(false);
    expect(readLate(3020).isGood).toBe(false);
    expect(readLate(3010).lateMs).toBeCloseTo(10, 0);
    expect(readLate(2990).lateMs).toBeLessThan(3);
    expect(readLate(2990).deadline(2000)).toBeCloseTo(3008, 0);
  });

  it('tells when a packet came that was read late, and no other', () => {
    const punctuality = after(100, () => 0);
    expect(punctuality.update(3040, 2000, 2990)).toBeCloseTo(3000, 0);
    expect(punctuality.update(3040, 2020, 3030)).toBe(3030);
    expect(punctuality.update(3040, 2040)).toBe(3040);
  });

  it.each([200, -200])('follows a clock that is off by %i ppm', (ppm) => {
    const punctuality = after(50_000, () => 0, 20 * (1 + ppm / 1e6));
    expect(punctuality.lateMs).toBeLessThan(4);
    expect(punctuality.deadline(1e6) - (1000 + 1e6 * (1 + ppm / 1e6))).toBeCloseTo(8, -1);
  });

  it('finds neither a faster nor a slower stream good', () => {
    expect(after(200, () => 0, 10).isGood).toBe(false);
    expect(after(200, () => 0, 30).isGood).toBe(false);
  });

  it('begins anew after a jump', () => {
    const punctuality = after(100, () => 0);
    for (let i = 0; i < 20; i++) punctuality.update(3000 + i * 20, 1e6 + i * 20);
    expect(punctuality.isGood).toBe(true);
    expect(punctuality.deadline(1e6 + 400)).toBeCloseTo(3408, 0);
  });
});
