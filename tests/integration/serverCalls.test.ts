import {
  CALL_FAILURES,
  type CallPlace,
  type CallView,
  type DialOutPolicy,
  type MeetingView,
  type ParticipantView,
} from '@switchroom/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ADMIN,
  ask,
  askGateway,
  askMeet,
  joinTokenOf,
  startServer,
  type GatewaySocket,
  type Harness,
  type MeetSocket,
} from './serverHarness.ts';

const NUMBER = '+15550001234';
const MANY = { callsPerHour: 1000, callsPerHourPerMeeting: 1000 };
const POLICY = { allowed: ['+1555'], denied: ['+1555999'] };

let server: Harness;
/** The owner's, which makes a host. */
let sessionToken: string;
beforeAll(async () => {
  server = await startServer();
  const outbound = { uri: 'sip:192.0.2.1', callerId: '+15550100' };
  expect((await server.rest('POST', '/trunks', { name: 'Out', outbound })).status).toBe(201);
  const [, session] = await rest<{ token: string }>('POST', '/sessions', ADMIN);
  sessionToken = session.token;
});
afterAll(() => server.close());

/** A sip-dialin that does as it is told, and remembers. */
interface FakeDialIn {
  socket: GatewaySocket;
  placed: CallPlace[];
  cancelled: string[];
  removed: string[];
  /** What it answers to `call:place`, if not yes. */
  refuses: boolean;
}

async function dialIn(): Promise<FakeDialIn> {
  const fake: Omit<FakeDialIn, 'socket'> = {
    placed: [],
    cancelled: [],
    removed: [],
    refuses: false,
  };
  const socket = await server.gateway('sip-dialin', (one) => {
    one.on('call:place', (order, ack) => {
      fake.placed.push(order);
      if (fake.refuses) ack({ ok: false, code: 'unavailable', message: 'No.' });
      else ack({ ok: true, value: {} });
    });
    one.on('call:cancel', ({ callId }) => void fake.cancelled.push(callId));
    one.on('participant:left', ({ participantId }) => void fake.removed.push(participantId));
  });
  return Object.assign(fake, { socket });
}

/** A browser in the room; `told` are its news of calls, in order. */
interface Guest {
  socket: MeetSocket;
  id: string;
  mayCallMe: boolean;
  told: string[];
  people: Map<string, ParticipantView>;
}

async function enter(meeting: MeetingView, name: string, isHost = false): Promise<Guest> {
  const socket = await server.meet();
  const told: string[] = [];
  const people = new Map<string, ParticipantView>();
  const note = (person: ParticipantView): void => void people.set(person.id, person);
  socket.on('call:changed', ({ state, reason }) =>
    told.push(reason ? `${state} ${reason}` : state),
  );
  socket.on('call:gone', () => told.push('gone'));
  socket.on('participant:joined', note);
  socket.on('participant:updated', note);
  socket.on('participant:left', ({ participantId }) => void people.delete(participantId));
  const {
    participantId,
    participants,
    meeting: joined,
  } = await askMeet(socket, 'room:join', {
    joinToken: joinTokenOf(meeting),
    name,
    rtpCapabilities: {},
    ...(isHost && { sessionToken }),
  });
  participants.forEach(note);
  return { socket, id: participantId, mayCallMe: joined.mayCallMe, told, people };
}

async function setPolicy(policy: Partial<DialOutPolicy> = {}): Promise<void> {
  const answer = await server.rest('PUT', '/dial-out', { ...POLICY, ...policy });
  expect(answer.status).toBe(200);
}

async function rest<T>(
  method: string,
  path: string,
  body?: unknown,
  token?: string,
): Promise<[number, T]> {
  const answer = await server.rest(method, path, body, token);
  const text = await answer.text();
  return [answer.status, (text === '' ? undefined : JSON.parse(text)) as T];
}

let gateway: FakeDialIn;
let meeting: MeetingView;
let host: Guest;
beforeEach(async () => {
  await setPolicy({ ...MANY, callMe: 'everybody' });
  gateway = await dialIn();
  meeting = await server.createMeeting();
  host = await enter(meeting, 'Host', true);
});
afterEach(async () => {
  await server.rest('DELETE', `/meetings/${meeting.id}`);
  gateway.socket.disconnect();
});

const create = (wish: object = {}): Promise<CallView> =>
  askMeet(host.socket, 'call:create', { number: NUMBER, ...wish });
const progress = (callId: string, state: string, reason?: string) =>
  ask(gateway.socket, 'call:progress', { callId, state, ...(reason && { reason }) });

/** Answered and confirmed: what the gateway does then. */
async function join(callId: string): Promise<string> {
  await progress(callId, 'confirming');
  return rejoin(callId);
}

async function rejoin(callId: string): Promise<string> {
  await askGateway(gateway.socket, 'room:open', { meetingId: meeting.id });
  const { participantId } = await askGateway(gateway.socket, 'phone:join', {
    meetingId: meeting.id,
    name: 'Phone',
    number: NUMBER,
    ssrc: 0xcafe,
    callId,
  });
  return participantId;
}

describe('a host calls a number', () => {
  it('everybody sees how it goes, until it is a participant under its name', async () => {
    const guest = await enter(meeting, 'Guest');
    const view = await create({ number: '001 (555) 000-1234', name: 'Bea', language: 'fr' });
    expect(view).toMatchObject({ name: 'Bea', state: 'calling' });
    await expect
      .poll(() => gateway.placed)
      .toEqual([
        {
          callId: view.id,
          meetingId: meeting.id,
          number: NUMBER,
          language: 'fr',
          maxSeconds: 240 * 60,
          callMe: false,
        },
      ]);
    await progress(view.id, 'ringing');
    const late = await enter(meeting, 'Late');
    const participantId = await join(view.id);
    const all = ['calling', 'ringing', 'confirming', 'joined'];
    await expect.poll(() => [host.told, guest.told, late.told]).toEqual([all, all, all.slice(2)]);
    expect(guest.people.get(participantId)).toMatchObject({ name: 'Bea', kind: 'phone' });
    expect(await rest('GET', `/meetings/${meeting.id}/calls`)).toEqual([200, []]);
    // Hung up by the host: removed, with its gateway told.
    await askMeet(host.socket, 'call:cancel', { callId: view.id });
    await expect.poll(() => gateway.removed).toEqual([participantId]);
    await expect.poll(() => guest.people.has(participantId)).toBe(false);
    expect(gateway.cancelled).toEqual([]);
    expect(server.logs.join('')).not.toContain('0001234');
  });

  it.each(CALL_FAILURES)('%s: the reason stays until it is taken away', async (reason) => {
    const { id } = await create();
    await progress(id, 'failed', reason);
    await expect.poll(() => host.told).toEqual(['calling', `failed ${reason}`]);
    const [, list] = await rest<CallView[]>('GET', `/meetings/${meeting.id}/calls`);
    expect(list).toMatchObject([{ id, name: '…1234', state: 'failed', reason }]);
    expect((await rest('DELETE', `/meetings/${meeting.id}/calls/${id}`))[0]).toBe(204);
    await expect.poll(() => host.told.at(-1)).toBe('gone');
    expect((await rest('DELETE', `/meetings/${meeting.id}/calls/${id}`))[0]).toBe(404);
  });

  it.each([[[]], [['ringing']], [['ringing', 'confirming']]])(
    'given up after %j: the gateway is told, and what it says later is refused',
    async (states) => {
      const { id } = await create();
      for (const state of states) await progress(id, state);
      await askMeet(host.socket, 'call:cancel', { callId: id });
      await expect.poll(() => gateway.cancelled).toEqual([id]);
      await expect.poll(() => host.told.at(-1)).toBe('gone');
      expect(await progress(id, 'ringing')).toMatchObject({ code: 'not-found' });
      await askGateway(gateway.socket, 'room:open', { meetingId: meeting.id });
      const phone = { meetingId: meeting.id, name: 'Phone', number: NUMBER, ssrc: 7, callId: id };
      expect(await ask(gateway.socket, 'phone:join', phone)).toMatchObject({ code: 'not-found' });
    },
  );

  it('guests may not, nor give up what a host began', async () => {
    const guest = await enter(meeting, 'Guest');
    const call = { number: NUMBER };
    expect(await ask(guest.socket, 'call:create', call)).toMatchObject({ code: 'forbidden' });
    const { id } = await create();
    const cancel = await ask(guest.socket, 'call:cancel', { callId: id });
    expect(cancel).toMatchObject({ code: 'forbidden' });
    const outside = await server.meet();
    expect(await ask(outside, 'call:create', call)).toMatchObject({ code: 'conflict' });
    expect(gateway.placed).toHaveLength(1);
  });

  it('comes in past a locked door, which a host opened to it', async () => {
    const { id } = await create();
    await askMeet(host.socket, 'room:setLocked', { locked: true });
    const participantId = await join(id);
    await expect.poll(() => host.people.get(participantId)?.state).toBe('joined');
  });

  it('waits for the host all the same, where the meeting does', async () => {
    const other = await server.createMeeting({ waitForHost: true });
    const [, { id }] = await rest<CallView>('POST', `/meetings/${other.id}/calls`, {
      number: NUMBER,
    });
    await progress(id, 'confirming');
    await askGateway(gateway.socket, 'room:open', { meetingId: other.id });
    const phone = { meetingId: other.id, name: 'Phone', number: NUMBER, ssrc: 0xbeef, callId: id };
    const { participant } = await askGateway(gateway.socket, 'phone:join', phone);
    expect(participant.state).toBe('lobby');
    const { people } = await enter(other, 'Host', true);
    await expect.poll(() => people.get(participant.id)?.state).toBe('joined');
    await rest('DELETE', `/meetings/${other.id}`);
  });

  it('the lobby sees nothing of it', async () => {
    const other = await server.createMeeting({ lobby: true });
    const waiting = await enter(other, 'Waiting');
    const body = { number: NUMBER, name: 'Bea' };
    const [, { id }] = await rest<CallView>('POST', `/meetings/${other.id}/calls`, body);
    expect(await ask(waiting.socket, 'call:me', { number: NUMBER })).toMatchObject({
      code: 'forbidden',
    });
    await rest('DELETE', `/meetings/${other.id}/calls/${id}`);
    await expect.poll(() => gateway.cancelled).toEqual([id]);
    expect(waiting.told).toEqual([]);
    await rest('DELETE', `/meetings/${other.id}`);
  });
});

describe('guards', () => {
  it.each([
    ['+4420712345678', 'number-not-allowed'],
    ['+15559991234', 'number-not-allowed'],
    ['112', 'bad-request'],
    ['+911', 'bad-request'],
    ['sip:bob@example.org', 'bad-request'],
  ])('%s is refused: %s', async (number, code) => {
    expect(await ask(host.socket, 'call:create', { number })).toMatchObject({ code });
    expect(gateway.placed).toEqual([]);
  });

  it('at a time, and within the hour, of one meeting and of all', async () => {
    const limited = { code: 'rate-limited' };
    const wish = { number: NUMBER };
    await setPolicy({ maxCalls: 1, callsPerHour: 1000, callsPerHourPerMeeting: 1000 });
    const { id } = await create();
    expect(await ask(host.socket, 'call:create', wish)).toMatchObject(limited);
    expect(await ask(host.socket, 'call:me', wish)).toMatchObject(limited);
    await askMeet(host.socket, 'call:cancel', { callId: id });
    await setPolicy({ callsPerHour: 1000, callsPerHourPerMeeting: 2 });
    await create();
    expect(await ask(host.socket, 'call:create', wish)).toMatchObject(limited);
    const other = await server.createMeeting();
    expect((await rest('POST', `/meetings/${other.id}/calls`, wish))[0]).toBe(202);
    await setPolicy({ callsPerHour: 1 });
    expect(await rest('POST', `/meetings/${other.id}/calls`, wish)).toMatchObject([429, limited]);
    await rest('DELETE', `/meetings/${other.id}`);
  });

  it('without a gateway, and with one that takes no calls', async () => {
    gateway.refuses = true;
    await create();
    await expect.poll(() => host.told).toEqual(['calling', 'failed unreachable']);
    gateway.socket.disconnect();
    const gone = async () => (await ask(host.socket, 'call:create', { number: NUMBER })) as object;
    await expect.poll(gone).toMatchObject({ code: 'dial-out-unavailable' });
  });
});

describe('what it hangs on goes away', () => {
  it('the gateway: its calls are unreachable, and who was in by phone is out', async () => {
    const [ringing, up] = [await create(), await create()];
    const participantId = await join(up.id);
    await expect.poll(() => host.people.has(participantId)).toBe(true);
    host.told.length = 0;
    gateway.socket.disconnect();
    await expect.poll(() => host.told).toEqual(['failed unreachable']);
    await expect.poll(() => host.people.has(participantId)).toBe(false);
    const [, list] = await rest<CallView[]>('GET', `/meetings/${meeting.id}/calls`);
    expect(list).toMatchObject([{ id: ringing.id, reason: 'unreachable' }]);
    // It is back, and with it the call that was up.
    gateway = await dialIn();
    const again = await rejoin(up.id);
    await expect.poll(() => host.people.get(again)?.name).toBe('…1234');
    expect(host.told).toEqual(['failed unreachable', 'joined']);
  });

  it('the room: whoever leaves it last gives the calls up', async () => {
    const { id } = await create();
    await askMeet(host.socket, 'room:leave', {});
    await expect.poll(() => gateway.cancelled).toEqual([id]);
    expect(await rest('GET', `/meetings/${meeting.id}/calls`)).toEqual([200, []]);
  });

  it('the meeting, before anybody was in it', async () => {
    const other = await server.createMeeting();
    const [, { id }] = await rest<CallView>('POST', `/meetings/${other.id}/calls`, {
      number: NUMBER,
    });
    await rest('DELETE', `/meetings/${other.id}`);
    await expect.poll(() => gateway.cancelled).toEqual([id]);
  });
});

describe('"call me"', () => {
  it('moves one’s sound to the phone and back; one stays one participant', async () => {
    const guest = await enter(meeting, 'Guest');
    const view = await askMeet(guest.socket, 'call:me', { number: NUMBER });
    expect(view).toMatchObject({ name: 'Guest', participantId: guest.id });
    await expect.poll(() => gateway.placed).toMatchObject([{ callId: view.id, callMe: true }]);
    const again = await ask(guest.socket, 'call:me', { number: NUMBER });
    expect(again).toMatchObject({ code: 'conflict' });
    expect(await join(view.id)).toBe(guest.id);
    await expect.poll(() => host.people.get(guest.id)?.audio).toBe('phone');
    expect(host.people.size).toBe(2);
    await askMeet(guest.socket, 'call:back', {});
    await expect.poll(() => host.people.get(guest.id)?.audio).toBe('browser');
    await expect.poll(() => gateway.cancelled).toEqual([view.id]);
    expect(await ask(guest.socket, 'call:back', {})).toMatchObject({ code: 'conflict' });
    expect(guest.told).toEqual(['calling', 'confirming', 'joined']);
  });

  it('a phone that hangs up gives the sound back, and may be called anew', async () => {
    const { id } = await askMeet(host.socket, 'call:me', { number: NUMBER });
    await join(id);
    await expect.poll(() => host.people.get(host.id)?.audio).toBe('phone');
    const leave = { meetingId: meeting.id, participantId: host.id };
    await askGateway(gateway.socket, 'phone:leave', leave);
    await expect.poll(() => host.people.get(host.id)?.audio).toBe('browser');
    await askMeet(host.socket, 'call:me', { number: NUMBER });
  });

  it('there, back and there again: the first phone’s late leave does not end the second', async () => {
    const guest = await enter(meeting, 'Guest');
    const first = await askMeet(guest.socket, 'call:me', { number: NUMBER });
    await join(first.id);
    await askMeet(guest.socket, 'call:back', {});
    const { id } = await askMeet(guest.socket, 'call:me', { number: NUMBER });
    await progress(id, 'confirming');
    const phone = { meetingId: meeting.id, name: 'Phone', number: NUMBER, ssrc: 0xbeef };
    await askGateway(gateway.socket, 'phone:join', { ...phone, callId: id });
    const leave = { meetingId: meeting.id, participantId: guest.id };
    await askGateway(gateway.socket, 'phone:leave', { ...leave, ssrc: 0xcafe });
    const [, people] = await rest<ParticipantView[]>('GET', `/meetings/${meeting.id}/participants`);
    expect(people.find((one) => one.id === guest.id)?.audio).toBe('phone');
    await askGateway(gateway.socket, 'phone:leave', { ...leave, ssrc: 0xbeef });
    await expect.poll(() => host.people.get(guest.id)?.audio).toBe('browser');
  });

  it('a phone that comes back as one of its own does not put out whose sound it carried', async () => {
    const guest = await enter(meeting, 'Guest');
    const { id } = await askMeet(guest.socket, 'call:me', { number: NUMBER });
    await join(id);
    gateway.socket.disconnect();
    await expect.poll(() => host.people.get(guest.id)?.audio).toBe('browser');
    gateway = await dialIn();
    await askGateway(gateway.socket, 'room:open', { meetingId: meeting.id });
    const phone = { meetingId: meeting.id, name: 'Phone', number: NUMBER, ssrc: 0xcafe };
    await askGateway(gateway.socket, 'phone:join', { ...phone, returns: guest.id });
    await expect.poll(() => host.people.size).toBe(3);
    expect(host.people.has(guest.id)).toBe(true);
  });

  it('who leaves is not called any more', async () => {
    const guest = await enter(meeting, 'Guest');
    const { id } = await askMeet(guest.socket, 'call:me', { number: NUMBER });
    guest.socket.disconnect();
    await expect.poll(() => gateway.cancelled).toEqual([id]);
    await expect.poll(() => host.told).toEqual(['calling', 'gone']);
  });

  it.each([
    [undefined, true, false],
    ['signed-in', true, false],
    ['everybody', true, true],
    ['off', false, false],
  ] as const)('where the policy says %s: hosts %s, guests %s', async (callMe, ...may) => {
    await setPolicy({ ...MANY, ...(callMe && { callMe }) });
    for (const [index, isHost] of [true, false].entries()) {
      const one = await enter(meeting, 'One', isHost);
      expect(one.mayCallMe).toBe(may[index]);
      const answer = await ask(one.socket, 'call:me', { number: NUMBER });
      expect(answer).toMatchObject(may[index] ? { ok: true } : { code: 'forbidden' });
    }
    await expect.poll(() => gateway.placed.length).toBe(may.filter((one) => one).length);
  });

  it('may be given up by oneself', async () => {
    const guest = await enter(meeting, 'Guest');
    const { id } = await askMeet(guest.socket, 'call:me', { number: NUMBER });
    await askMeet(guest.socket, 'call:cancel', { callId: id });
    await expect.poll(() => gateway.cancelled).toEqual([id]);
  });
});

describe('a phone that hands its call on', () => {
  it('calls the other number under the same guards', async () => {
    const { id } = await create();
    const participantId = await join(id);
    const refer = { meetingId: meeting.id, participantId, number: '+15550005678' };
    const { callId } = await askGateway(gateway.socket, 'call:refer', refer);
    await expect.poll(() => gateway.placed.at(-1)).toMatchObject({ callId, number: refer.number });
    expect(await ask(gateway.socket, 'call:refer', refer)).toMatchObject({ code: 'conflict' });
    const browser = { ...refer, participantId: host.id };
    expect(await ask(gateway.socket, 'call:refer', browser)).toMatchObject({ code: 'not-found' });
  });

  it('not from the lobby, which the other would come in past', async () => {
    const other = await server.createMeeting({ lobby: true });
    await askGateway(gateway.socket, 'room:open', { meetingId: other.id });
    const caller = { meetingId: other.id, name: 'Phone', number: NUMBER, ssrc: 0xbeef };
    const { participantId, participant } = await askGateway(gateway.socket, 'phone:join', caller);
    expect(participant.state).toBe('lobby');
    const refer = { meetingId: other.id, participantId, number: '+15550005678' };
    expect(await ask(gateway.socket, 'call:refer', refer)).toMatchObject({ code: 'forbidden' });
    expect(gateway.placed).toEqual([]);
    // Whom a host calls need not wait there.
    const [, { id }] = await rest<CallView>('POST', `/meetings/${other.id}/calls`, {
      number: NUMBER,
      name: 'Bea',
    });
    await progress(id, 'confirming');
    const called = { ...caller, ssrc: 0xbef0, callId: id };
    const bea = await askGateway(gateway.socket, 'phone:join', called);
    expect(bea.participant).toMatchObject({ name: 'Bea', kind: 'phone' });
    expect(bea.participant.state).not.toBe('lobby');
    await rest('DELETE', `/meetings/${other.id}`);
  });
});

describe('over REST', () => {
  it('a meeting that is not live calls, and the phone opens its room', async () => {
    await askMeet(host.socket, 'room:leave', {});
    const wish = { number: NUMBER, name: 'Bea' };
    const [status, view] = await rest<CallView>('POST', `/meetings/${meeting.id}/calls`, wish);
    expect([status, view.state]).toEqual([202, 'calling']);
    expect(await rest('GET', `/meetings/${meeting.id}/calls`)).toEqual([200, [view]]);
    const participantId = await join(view.id);
    const [, people] = await rest('GET', `/meetings/${meeting.id}/participants`);
    expect(people).toMatchObject([{ id: participantId, name: 'Bea' }]);
    const active = async (): Promise<string> =>
      /^switchroom_calls \d+$/m.exec(await (await fetch(`${server.url}/metrics`)).text())![0];
    expect(await active()).toBe('switchroom_calls 1');
    await askGateway(gateway.socket, 'phone:leave', { meetingId: meeting.id, participantId });
    expect(await active()).toBe('switchroom_calls 0');
  });

  it('calls are the owner’s and administrators’, the policy administrators’', async () => {
    const path = `/meetings/${meeting.id}/calls`;
    for (const [method, where, body] of [
      ['POST', path, { number: NUMBER }],
      ['GET', path],
      ['DELETE', `${path}/x`],
      ['GET', '/dial-out'],
      ['PUT', '/dial-out', POLICY],
    ] as const) {
      expect([where, (await rest(method, where, body, ''))[0]]).toEqual([where, 401]);
    }
    expect((await rest('POST', `/meetings/unknown/calls`, { number: NUMBER }))[0]).toBe(404);
    expect((await rest('POST', path, { number: 'x' }))[0]).toBe(400);
  });

  it('the policy is read as it was set, what is not named as at first', async () => {
    const [, policy] = await rest<DialOutPolicy>('PUT', '/dial-out', { allowed: ['+1'] });
    expect(policy).toEqual({
      allowed: ['+1'],
      denied: [],
      maxCalls: 20,
      callsPerHour: 100,
      callsPerHourPerMeeting: 30,
      callMe: 'signed-in',
      maxMinutes: 240,
    });
    expect(await rest('GET', '/dial-out')).toEqual([200, policy]);
    expect((await rest('PUT', '/dial-out', { allowed: ['1'] }))[0]).toBe(400);
    expect((await rest('PUT', '/dial-out', { maxCalls: 0 }))[0]).toBe(400);
    expect(await rest('GET', '/dial-out')).toEqual([200, policy]);
  });

  it('stands in openapi.json, and in the metrics', async () => {
    const [, description] = await rest<{ paths: object }>('GET', '/openapi.json');
    expect(Object.keys(description.paths)).toEqual(
      expect.arrayContaining([
        '/dial-out',
        '/meetings/{id}/calls',
        '/meetings/{id}/calls/{callId}',
      ]),
    );
    const { id } = await create();
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^switchroom_calls 1$/m);
    expect(metrics).toMatch(/^switchroom_calls_placed_total [1-9]\d*$/m);
    expect(metrics).toMatch(/^switchroom_calls_failed_total\{reason="busy"\} [1-9]\d*$/m);
    expect(server.logs.join('')).toContain(`"callId":"${id}"`);
  });
});
