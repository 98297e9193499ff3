import { describe, expect, it } from 'vitest';
import { seeded } from '../testing/networks.ts';
import { DelayEstimator } from './DelayEstimator.ts';

describe('DelayEstimator', () => {
  it('measures the p99 of the last 10 s, to 2 ms, for packets of 10 to 60 ms', () => {
    for (const packetMs of [10, 20, 60]) {
      const random = seeded(packetMs);
      const estimator = new DelayEstimator();
      const delays: { at: number; delay: number }[] = [];
      for (let sentAt = 0; sentAt < 60_000; sentAt += packetMs) {
        const delay = 20 + (sentAt % 20_000 < 5000 ? 90 : 30) * random() ** 3;
        delays.push({ at: sentAt + delay, delay });
        expect(estimator.update(sentAt + delay, sentAt)).toBe(true);
        if (sentAt < 10_000 || sentAt % 1200 > 0) continue;
        const sorted = delays
          .filter(({ at }) => at > sentAt + delay - 10_000)
          .map((packet) => packet.delay)
          .sort((a, b) => a - b);
        const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1]! - sorted[0]!;
        // One packet more or less lies in the window.
        const near = sorted[Math.ceil(sorted.length * 0.99)] ?? sorted.at(-1)!;
        expect(estimator.jitterMs).toBeGreaterThan(p99 - 2 - (near - sorted[0]! - p99));
        expect(estimator.jitterMs).toBeLessThanOrEqual(Math.max(p99, near - sorted[0]!) + 2);
      }
    }
  });

  it('takes a second more or less for another start', () => {
    const estimator = new DelayEstimator();
    expect(estimator.update(1000, 0)).toBe(true);
    expect(estimator.update(1990, 0)).toBe(true);
    expect(estimator.update(3100, 1000)).toBe(false);
    expect(estimator.update(1000, 1100)).toBe(false);
  });

  it('knows nothing of what was more than 10 s ago', () => {
    const estimator = new DelayEstimator();
    for (let i = 0; i < 100; i++) estimator.update(i * 20 + (i % 2) * 60, i * 20);
    expect(estimator.jitterMs).toBeGreaterThan(59);
    for (let i = 700; i < 800; i++) estimator.update(i * 20 + 500, i * 20);
    expect(estimator.jitterMs).toBe(1);
    expect(estimator.lagMs(0, 600)).toBe(100);
  });
});
