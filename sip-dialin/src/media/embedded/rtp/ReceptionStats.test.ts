import { expect, it } from 'vitest';
import { ReceptionStats } from './ReceptionStats.ts';

it('reports loss since the last report and in all, across the wrap', () => {
  const stats = new ReceptionStats(7, 8000);
  expect(stats.report(0)).toBeUndefined();
  for (let i = 0; i < 100; i++) {
    if (i % 4 !== 3) stats.push((65500 + i) & 0xffff, i * 160, i * 20);
  }
  stats.push((65500 + 100) & 0xffff, 100 * 160, 2000);
  expect(stats.report(2000)).toMatchObject({
    ssrc: 7,
    cumulativeLost: 25,
    fractionLost: Math.floor((25 * 256) / 101),
    extendedHighestSeq: 65600,
    jitter: 0,
  });
  stats.push((65500 + 101) & 0xffff, 101 * 160, 2020);
  expect(stats.report(2020)).toMatchObject({ cumulativeLost: 25, fractionLost: 0 });
});

it('measures jitter as RFC 3550 does: it settles near the mean difference', () => {
  const stats = new ReceptionStats(7, 8000);
  for (let i = 0; i < 500; i++) stats.push(i, i * 160, i * 20 + (i % 2) * 10);
  expect(stats.jitterMs).toBeGreaterThan(9);
  expect(stats.jitterMs).toBeLessThan(11);
});

it('echoes the last sender report', () => {
  const stats = new ReceptionStats(7, 8000);
  stats.push(1, 0, 0);
  stats.senderReport(0x00012345, 0x6789abcd, 1000);
  expect(stats.report(1500)).toMatchObject({ lastSr: 0x23456789, delaySinceLastSr: 32768 });
});

it('counts anew after a restart of the sender', () => {
  const stats = new ReceptionStats(7, 8000);
  stats.push(1, 0, 0);
  stats.push(30_000, 160, 20);
  expect(stats.report(20)).toMatchObject({ cumulativeLost: 0, extendedHighestSeq: 30_000 });
});
