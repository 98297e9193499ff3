import type { DialIn } from '@switchroom/sip-dialin';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SipRequest } from '../../../sip-dialin/src/sip-server/message/SipMessage.ts';
import { RawPhone, SDP } from '../../../sip-dialin/src/sip-server/testing/RawPhone.ts';
import { eventually } from '../../support/eventually.ts';
import { startServer, type Harness } from '../serverHarness.ts';
import { startDialIn } from './startDialIn.ts';

/* A phone that hands its call on (REFER): through server, policy, trunk, carrier and back into the meeting. */

let server: Harness;
let dialIn: DialIn;
let carrier: RawPhone;
const phones: RawPhone[] = [];

beforeAll(async () => {
  server = await startServer();
  dialIn = await startDialIn(server.url);
  carrier = await phone();
  const outbound = { uri: `sip:127.0.0.1:${carrier.port}`, callerId: '+15550177' };
  await server.rest('POST', '/trunks', { name: 'carrier', outbound });
  await server.rest('PUT', '/dial-out', { allowed: ['+1555'] });
});

afterAll(async () => {
  await dialIn.close();
  await server.close();
  await Promise.all(phones.map((one) => one.close()));
});

async function phone(): Promise<RawPhone> {
  const port = Number(/:(\d+)$/.exec(dialIn.sipUri)?.[1]);
  const made = await RawPhone.open({ port });
  made.onMessage = (message) => {
    if (message.kind !== 'request' || message.method === 'ACK') return;
    const isCall = message.method === 'INVITE';
    const sdp = { body: SDP, headers: ['Content-Type: application/sdp'] };
    made.reply(message, 200, isCall ? sdp : {});
  };
  phones.push(made);
  return made;
}

const DTMF = ['Content-Type: application/dtmf-relay'];

/** A key of who was called, in the call that this INVITE made. */
function press(invite: SipRequest, key: string, seq: number): void {
  const body = `Signal=${key}\r\nDuration=160\r\n`;
  const target = /<([^>]*)>/.exec(invite.headers.get('Contact') ?? '')?.[1] ?? '';
  const text = carrier.compose('INFO', seq, { uri: target, body, headers: DTMF });
  const parties = [
    `From: ${invite.headers.get('To') ?? ''};tag=${carrier.tag}`,
    `To: ${invite.headers.get('From') ?? ''}`,
    `Call-ID: ${invite.headers.get('Call-ID') ?? ''}`,
  ];
  const [from = '', to = '', callId = ''] = parties;
  carrier.send(
    text
      .replace(/From: .*/, from)
      .replace(/\r\nTo: .*/, `\r\n${to}`)
      .replace(/Call-ID: .*/, callId),
  );
}

async function numbers(meetingId: string): Promise<string[]> {
  const answer = await server.rest('GET', `/meetings/${meetingId}/participants`);
  return ((await answer.json()) as { name: string }[]).map(({ name }) => name);
}

/** A phone that has keyed this meeting's PIN. */
async function inMeeting(meeting: { id: string; pin: string }): Promise<RawPhone> {
  const before = (await numbers(meeting.id)).length;
  const caller = await phone();
  const headers = ['Content-Type: application/sdp'];
  caller.send(caller.compose('INVITE', 1, { body: SDP, headers }));
  await caller.expect(200, 'INVITE');
  caller.send(caller.compose('ACK', 1));
  let seq = 1;
  for (const key of `${meeting.pin}#`) {
    seq += 1;
    const body = `Signal=${key}\r\nDuration=160\r\n`;
    caller.send(caller.compose('INFO', seq, { body, headers: DTMF }));
    await eventually(() => caller.statuses(200, 'INFO').length >= seq - 1, { what: 'a 200' });
  }
  await eventually(async () => (await numbers(meeting.id)).length > before, { what: 'the caller' });
  return caller;
}

it('the one who was called takes the place of the phone', { timeout: 30_000 }, async () => {
  const meeting = await server.createMeeting();
  const caller = await inMeeting(meeting);

  // Not every number may be called.
  caller.send(caller.compose('REFER', 50, { headers: ['Refer-To: <sip:+4930123456@a.test>'] }));
  await caller.expect(403, 'REFER');
  expect(told(caller)).toEqual([]);
  expect(carrier.requests.some(({ method }) => method === 'INVITE')).toBe(false);

  caller.send(caller.compose('REFER', 51, { headers: ['Refer-To: <sip:+15550188@a.test>'] }));
  const invite = await eventually(
    () => carrier.requests.find(({ method }) => method === 'INVITE'),
    { what: 'the call' },
  );
  expect(invite.uri).toContain('+15550188@');
  let keys = 10;
  await eventually(
    () => {
      press(invite, '1', (keys += 1));
      return caller.requests.some(({ method }) => method === 'BYE');
    },
    { what: 'the end of the first call', every: 200 },
  );
  expect(told(caller).at(-1)).toBe('200');
  await eventually(async () => (await numbers(meeting.id)).length === 1, { what: 'one of two' });
  expect((await numbers(meeting.id)).join()).not.toContain('Caller');
});

it('over a limit a phone is told to try later, and not that it may not', async () => {
  await server.rest('PUT', '/dial-out', { allowed: ['+1555'], callsPerHourPerMeeting: 1 });
  const meeting = await server.createMeeting();
  const caller = await inMeeting(meeting);
  caller.send(caller.compose('REFER', 50, { headers: ['Refer-To: <sip:+15550188@a.test>'] }));
  await caller.expect(202, 'REFER');
  const other = await inMeeting(meeting);
  other.send(other.compose('REFER', 50, { headers: ['Refer-To: <sip:+15550189@a.test>'] }));
  const refused = await other.expect(480, 'REFER');
  // When the one that was begun just now is an hour ago.
  const retryAfter = Number(refused.headers.get('Retry-After'));
  expect(retryAfter).toBeGreaterThan(3000);
  expect(retryAfter).toBeLessThanOrEqual(3600);
  expect(told(other)).toEqual([]);
});

/** The statuses of the NOTIFYs. */
function told(caller: RawPhone): string[] {
  return caller.requests
    .filter(({ method }) => method === 'NOTIFY')
    .map(({ body }) => /^SIP\/2\.0 (\d+)/.exec(body.toString())?.[1] ?? '');
}
