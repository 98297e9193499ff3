import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { FakeCall } from './testing/FakeCall.ts';
import { settle, usePhoneLegBench } from './testing/PhoneLegBench.ts';

const bench = usePhoneLegBench();

it('logs no number, no key and no PIN, whatever the level', async () => {
  const lines: string[] = [];
  const logger = pino(
    { level: 'trace', base: null, timestamp: false },
    { write: (line) => lines.push(line) },
  );
  bench.make(new FakeCall(), logger);
  await bench.answered();
  bench.sound().press('987654#');
  await settle();
  bench.sound().press('123456#');
  await settle();
  await bench.leg.close();
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.join('')).not.toMatch(/5550100|5550123|987|123456/);
});

describe('PhoneLeg: what it logs', () => {
  it('is nothing of the caller, not even the last digits, and no PIN', async () => {
    let logs = '';
    const stream = { write: (line: string) => void (logs += line) };
    bench.make(new FakeCall(), pino({ level: 'trace', timestamp: false, base: {} }, stream));
    await bench.answered();
    bench.sound().press('654321#');
    await settle();
    bench.sound().press('123456#');
    await settle();
    bench.rooms.tellJoined();
    bench.call.emit({ type: 'ended', lost: false });
    await settle();
    expect(logs).toContain('call comes in');
    for (const secret of ['0123', 'Ada', '654321', '123456']) expect(logs).not.toContain(secret);
  });
});
