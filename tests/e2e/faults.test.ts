import { expect, it } from 'vitest';
import { runFaults } from '../faults/runFaults.ts';

/* The short version of `npm run test:faults`. */
it('six kills at random instants: every second is in a sealed recording, or excused by the rule', async () => {
  const report = await runFaults({ kills: 6, seed: 5, say: () => undefined });
  expect(report.wrong).toEqual([]);
  expect(report.kills).toHaveLength(6);
  expect(report.verified).toBe(report.recordings.length);
  for (const { saidMs, recordedMs } of report.accounts) {
    expect(saidMs).toBeGreaterThan(20_000);
    expect(recordedMs).toBeGreaterThan(saidMs / 3);
  }
});
