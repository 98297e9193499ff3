import type { DialIn } from '@switchroom/sip-dialin';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startServer, type Harness } from '../serverHarness.ts';
import { startDialIn } from './startDialIn.ts';
import { UdpCaller } from './UdpCaller.ts';

/* The same call flow between the real server with its SFU and the embedded media engine. */

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

interface Listed {
  name: string;
  kind: string;
}

async function participants(meetingId: string): Promise<Listed[]> {
  const answer = await server.rest('GET', `/meetings/${meetingId}/participants`);
  return (await answer.json()) as Listed[];
}

async function joined(meeting: { id: string; pin: string }, name: string): Promise<UdpCaller> {
  const phone = await UdpCaller.open(dialIn.sipUri, `"${name}" <sip:+15550123@a.test>`);
  expect((await phone.invite()).status).toBe(200);
  await phone.keys(`${meeting.pin}#`);
  await eventually(
    async () => (await participants(meeting.id)).some((listed) => listed.name === name),
    { what: `${name} in the meeting` },
  );
  return phone;
}

it('a phone is listed while its call is up', async () => {
  const meeting = await server.createMeeting();
  const ada = await joined(meeting, 'Ada');
  expect(await participants(meeting.id)).toEqual([
    expect.objectContaining({ name: 'Ada', kind: 'phone', state: 'joined', muted: false }),
  ]);
  const bea = await joined(meeting, 'Bea');
  expect(await participants(meeting.id)).toHaveLength(2);
  await ada.request('BYE');
  await eventually(async () => (await participants(meeting.id)).length === 1, {
    what: 'Bea alone',
  });
  await bea.request('BYE');
  await eventually(async () => (await participants(meeting.id)).length === 0, {
    what: 'nobody left',
  });
  ada.close();
  bea.close();
});

it('a meeting that was emptied takes its next phone', async () => {
  const meeting = await server.createMeeting();
  for (const name of ['Ada', 'Bea', 'Cleo']) {
    const phone = await joined(meeting, name);
    await phone.request('BYE');
    phone.close();
  }
});

it('the end of the meeting hangs up', async () => {
  const meeting = await server.createMeeting();
  const ada = await joined(meeting, 'Ada');
  expect((await server.rest('DELETE', `/meetings/${meeting.id}`)).ok).toBe(true);
  // Not before the goodbye has been spoken.
  await ada.gotBye();
  ada.close();
});

it('a number of one meeting leads straight into it, and nowhere once it has ended', async () => {
  const meeting = await server.createMeeting();
  const did = { number: '+15550177', meetingId: meeting.id };
  expect((await server.rest('POST', '/dids', did)).status).toBe(201);
  const uri = dialIn.sipUri.replace('+15550100', did.number);
  const phone = await UdpCaller.open(uri, '"Ada" <sip:+15550123@a.test>');
  expect((await phone.invite()).status).toBe(200);
  await eventually(async () => (await participants(meeting.id)).length === 1, {
    what: 'Ada in the meeting',
  });
  await server.rest('DELETE', `/meetings/${meeting.id}`);
  await phone.gotBye();
  const late = await UdpCaller.open(uri);
  expect((await late.invite()).status).toBe(410);
  phone.close();
  late.close();
});

it('a trunk over its limit gets 503 while its call stays up, and closed it gets 403', async () => {
  const meeting = await server.createMeeting();
  const ada = await joined(meeting, 'Ada');
  const trunks = (await (await server.rest('GET', '/trunks')).json()) as { id: string }[];
  const path = `/trunks/${trunks[0]!.id}`;
  const statusOf = async (uri = dialIn.sipUri): Promise<number | undefined> => {
    const phone = await UdpCaller.open(uri);
    const answer = await phone.invite();
    if (answer.status === 200) await phone.request('BYE');
    if (answer.status === 503) expect(answer.headers.get('retry-after')).toBe('10');
    phone.close();
    return answer.status;
  };
  const change = async (body: object, status: number): Promise<void> => {
    expect((await server.rest('PATCH', path, body)).status).toBe(200);
    await eventually(async () => (await statusOf()) === status, { what: `${status}`, every: 20 });
  };
  await change({ maxCalls: 1 }, 503);
  await change({ enabled: false }, 403);
  // Whatever is dialled: a stranger does not learn which numbers are ours.
  expect(await statusOf(dialIn.sipUri.replace('+15550100', '+15559999'))).toBe(403);
  expect(await participants(meeting.id)).toHaveLength(1);
  await change({ enabled: true, maxCalls: 1000 }, 200);
  expect(await statusOf(dialIn.sipUri.replace('+15550100', '+15559999'))).toBe(404);
  await ada.request('BYE');
  ada.close();
});

it('a caller waits in the lobby until the owner lets them in; one by the moderator PIN does not', async () => {
  const meeting = await server.createMeeting({ lobby: true });
  const ada = await joined(meeting, 'Ada');
  const [waiting] = (await participants(meeting.id)) as (Listed & { id: string })[];
  expect(waiting).toMatchObject({ name: 'Ada', state: 'lobby' });
  const path = `/meetings/${meeting.id}/participants/${waiting!.id}`;
  expect((await server.rest('PATCH', path, { admitted: true })).ok).toBe(true);
  await eventually(
    async () =>
      (await participants(meeting.id)).some((each) => 'state' in each && each.state === 'joined'),
    { what: 'Ada let in' },
  );
  const bea = await joined({ id: meeting.id, pin: meeting.moderatorPin }, 'Bea');
  expect(await participants(meeting.id)).toContainEqual(
    expect.objectContaining({ name: 'Bea', role: 'host', state: 'joined' }),
  );
  for (const phone of [ada, bea]) {
    await phone.request('BYE');
    phone.close();
  }
});
