import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditTrail } from '../../audit/AuditTrail.ts';
import { Alarms } from '../../alarms/Alarms.ts';
import { CompletenessLedger } from './CompletenessLedger.ts';
import { StreamWatch, type StreamLook } from './StreamWatch.ts';

const logger = pino({ level: 'silent' });
const trail = { append: async () => undefined } as unknown as AuditTrail;

/** What is there of a talker's 50 packets a second after so many looks, each 2 s after the other. */
function look(looks: number, other: Partial<StreamLook> = {}): StreamLook {
  const packets = looks * 100;
  return {
    ...{ participantId: 'ann', producerId: 'p', consumerId: 'c', muted: false },
    ...{ produced: packets, upstreamLost: 0, sent: packets },
    arrived: { received: packets, lost: 0 },
    track: { received: packets, written: packets, synced: packets },
    ...other,
  };
}

describe('StreamWatch', () => {
  const verdict = (...looks: StreamLook[]) => {
    const watch = new StreamWatch();
    return looks.map((one) => watch.look(one)).at(-1);
  };
  const frozen = { received: 100, lost: 0 };

  it('finds nothing wrong with what comes, is silent or muted, or has just begun', () => {
    expect(verdict(look(1), look(2), look(3))).toBeNull();
    expect(verdict(look(1), look(2))).toBeUndefined();
    const silent = { consumerId: null, produced: 100 };
    expect(verdict(...[1, 2, 3].map((n) => look(n, silent)))).toBeNull();
    const muted = { muted: true, sent: 100, arrived: frozen };
    expect(verdict(...[1, 2, 3].map((n) => look(n, muted)))).toBeNull();
    // Another stream since: its counts began anew.
    expect(verdict(look(7), look(8), look(1, { consumerId: 'd' }))).toBeUndefined();
  });

  it.each([
    ['no-consumer', { consumerId: null, sent: 0, arrived: null }],
    ['not-sent', { sent: 100 }],
    ['not-received', { arrived: frozen }],
    ['not-received', { arrived: null, track: null }],
    ['no-track', { track: null }],
  ] as const)('%s: %j', (fault, other) => {
    expect(verdict(...[1, 2, 3].map((n) => look(n, other)))).toBe(fault);
  });

  it('finds what is received and not written, or not brought to the disk', () => {
    const track = (n: number, written: number, synced: number) =>
      look(n, { track: { received: n * 100, written, synced } });
    expect(verdict(...[1, 2, 3].map((n) => track(n, 100, 100)))).toBe('not-written');
    expect(verdict(...[1, 2, 3].map((n) => track(n, n * 100, 100)))).toBeNull();
    expect(verdict(...[1, 2, 3, 4, 5].map((n) => track(n, n * 100, 100)))).toBe('not-synced');
  });

  it('finds loss on the way to the recorder, and none that was there before it', () => {
    const lossy = (upstream: number) =>
      [1, 2, 3].map((n) =>
        look(n, { arrived: { received: n * 88, lost: n * 12 }, upstreamLost: n * upstream }),
      );
    expect(verdict(...lossy(0))).toBe('lost');
    expect(verdict(...lossy(10))).toBeNull();
  });

  it('a report that was late is no loss', () => {
    // The recorder counted a second before the server did.
    const late = look(3, { arrived: { received: 250, lost: 0 } });
    expect(verdict(look(1), look(2), late)).toBeNull();
  });
});

describe('CompletenessLedger', () => {
  let now: number;
  let alarms: Alarms;
  let ledger: CompletenessLedger;
  let givenUp: number;
  let mended: string[];
  const reasons = (): string | undefined => alarms.active[0]?.details['reasons'];

  beforeEach(() => {
    [now, givenUp, mended] = [0, 0, []];
    alarms = new Alarms({ trail, logger });
    ledger = new CompletenessLedger({ alarms, logger, now: () => now });
    ledger.begin('r1', 'm1', () => givenUp++);
    return () => ledger.close();
  });

  function report(...looks: StreamLook[]): void {
    now += 2000;
    ledger.tick();
    ledger.look('r1', looks, (producerId) => mended.push(producerId));
  }

  it('raises within 10 s, has the stream made anew, and clears once it comes', () => {
    for (let n = 1; n <= 4; n++) report(look(n));
    expect(alarms.active).toEqual([]);
    const since = now;
    const stuck = { arrived: { received: 400, lost: 0 } };
    for (let n = 5; alarms.active.length === 0; n++) report(look(n, stuck));
    expect(now - since).toBeLessThanOrEqual(6000);
    expect(alarms.active).toMatchObject([
      { kind: 'recording-incomplete', subject: { id: 'r1' }, meetingId: 'm1' },
    ]);
    expect(reasons()).toBe('not-received');
    expect(mended).toEqual(['p']);
    for (let n = 1; n <= 3; n++) {
      expect(alarms.active).toHaveLength(1);
      report(look(n, { consumerId: 'd' }));
    }
    report(look(4, { consumerId: 'd' }));
    expect(alarms.active).toEqual([]);
  });

  it('raises and gives a recorder up that has gone quiet, once', () => {
    report(look(1));
    now += 5900;
    ledger.tick();
    expect(alarms.active).toEqual([]);
    now += 200;
    ledger.tick();
    ledger.tick();
    expect(reasons()).toBe('recorder-quiet');
    expect(givenUp).toBe(1);
    ledger.end('r1');
    ledger.end('r1');
    expect(alarms.active).toEqual([]);
  });

  it('whoever leaves takes what was wrong along', () => {
    for (let n = 1; n <= 4; n++) report(look(n, { track: null }));
    expect(reasons()).toBe('no-track');
    report();
    report();
    expect(alarms.active).toEqual([]);
  });
});
