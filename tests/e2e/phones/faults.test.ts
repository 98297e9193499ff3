import { expect, it } from 'vitest';
import { runFaults } from '../../faults/runFaults.ts';

/* The short version of `npm run test:faults`. */
it('six kills at random instants: every second is in a sealed recording, or excused by the rule', async () => {
  const report = await runFaults({ kills: 6, seed: 5, say: () => undefined });
  expect(report.wrong).toEqual([]);
  expect(report.kills).toHaveLength(6);
  expect(report.verified).toBe(report.recordings.length);
  const [, , third] = report.kills;
  for (const { from, to, saidMs, recordedMs } of report.accounts) {
    // How long the meeting was depends on how fast all come back: what counts is that it holds the kills.
    expect(from).toBeLessThan(third!.at);
    expect(to).toBeGreaterThan(report.kills.at(-1)!.at);
    expect(saidMs).toBeGreaterThan(0.9 * (to - from));
    expect(recordedMs).toBeGreaterThan(saidMs / 3);
  }
});
