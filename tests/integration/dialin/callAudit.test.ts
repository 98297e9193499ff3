import { type AuditEntry } from '@switchroom/protocol';
import type { DialIn } from '@switchroom/sip-dialin';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startServer, type Harness } from '../serverHarness.ts';
import { startDialIn } from './startDialIn.ts';
import { UdpCaller } from './UdpCaller.ts';

/* What the audit trail has of a call, from a real INVITE to its BYE. */

const NUMBER = '+15550001234';

let server: Harness;
let dialIn: DialIn;
beforeAll(async () => {
  server = await startServer();
  dialIn = await startDialIn(server.url);
});
afterAll(async () => {
  await dialIn.close();
  await server.close();
});

/** All entries of calls, the oldest first. */
async function calls(): Promise<AuditEntry[]> {
  const answer = await server.rest('GET', '/audit?action=call&limit=200');
  return ((await answer.json()) as { items: AuditEntry[] }).items.toReversed();
}

async function endedCalls(count: number): Promise<AuditEntry[]> {
  let entries: AuditEntry[] = [];
  await eventually(
    async () => {
      entries = await calls();
      return entries.filter(({ action }) => action === 'call.ended').length === count;
    },
    { what: 'the end of the call in the trail' },
  );
  return entries;
}

it('INVITE, answer, wrong PIN, meeting and BYE, without PIN, and with the number as the meeting has it', async () => {
  const made = await server.rest('POST', '/meetings', { numberPrivacy: 'last-four' });
  const meeting = (await made.json()) as { id: string; pin: string };
  const phone = await UdpCaller.open(dialIn.sipUri, `<sip:${NUMBER}@a.test>`);
  expect((await phone.invite()).status).toBe(200);
  const wrong = meeting.pin === '111111' ? '222222' : '111111';
  await phone.keys(`${wrong}#`);
  await eventually(async () => (await calls()).some(({ action }) => action === 'call.pin-failed'), {
    what: 'the wrong PIN in the trail',
  });
  await phone.keys(`${meeting.pin}#`);
  await eventually(async () => (await calls()).some(({ action }) => action === 'call.entered'), {
    what: 'the phone in the meeting',
  });
  await phone.request('BYE');
  phone.close();

  const entries = await endedCalls(1);
  expect(entries.map(({ action }) => action).sort()).toEqual(
    ['answered', 'ended', 'entered', 'invite', 'pin-failed'].map((what) => `call.${what}`),
  );
  expect(new Set(entries.map(({ subject }) => subject.id)).size).toBe(1);
  const of = (what: string): AuditEntry => entries.find(({ action }) => action === `call.${what}`)!;
  expect(of('invite')).toMatchObject({ address: '127.0.0.1', details: { did: '+15550100' } });
  expect(of('pin-failed')).toMatchObject({ outcome: 'refused', details: { code: 'pin-wrong' } });
  expect(of('entered').details).toMatchObject({ meetingId: meeting.id, number: '…1234' });
  expect(of('ended').details).toMatchObject({ by: 'caller', code: 200, reason: 'hung-up' });
  const text = await (await server.rest('GET', '/audit/export')).text();
  for (const secret of [`"${wrong}`, `"${meeting.pin}`, NUMBER]) expect(text).not.toContain(secret);
});

it('a call that never came into a meeting has its number masked', async () => {
  const phone = await UdpCaller.open(dialIn.sipUri, `<sip:${NUMBER}@a.test>`);
  await phone.invite();
  await phone.request('BYE');
  phone.close();
  const end = (await endedCalls(2)).at(-1);
  expect(end).toMatchObject({ action: 'call.ended', details: { number: '…1234' } });
});

it('INVITEs that become no call are one entry with their count, told at the latest at the end', async () => {
  for (let i = 0; i < 3; i += 1) {
    const phone = await UdpCaller.open(dialIn.sipUri.replace('+15550100', 'nobody'));
    expect((await phone.invite()).status).toBe(404);
    phone.close();
  }
  await dialIn.close();
  const refused = (await calls()).filter(({ action }) => action === 'call.refused');
  expect(refused).toMatchObject([
    {
      outcome: 'refused',
      subject: { type: 'call', id: null },
      details: { network: '127.0.0.0/24', reason: 'bad-invite', code: 404, count: 3 },
    },
  ]);
});
