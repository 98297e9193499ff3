import { CALL_FAILURES, type CallView, type DialOutPolicy } from '@switchroom/protocol';
import { describe, expect, it } from 'vitest';
import {
  create,
  enter,
  gateway,
  gatewayBack,
  host,
  join,
  meeting,
  NUMBER,
  POLICY,
  progress,
  rejoin,
  rest,
  server,
  setPolicy,
  useCalls,
} from './callsHarness.ts';
import { ask, askGateway, askMeet } from './serverHarness.ts';

useCalls();

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
    const refused = await server.rest('POST', `/meetings/${other.id}/calls`, wish);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(3000);
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
    await gatewayBack();
    const again = await rejoin(up.id);
    await expect.poll(() => host.people.get(again)?.name).toBe('…1234');
    expect(host.told).toEqual(['failed unreachable', 'joined']);
  });

  it('the server’s memory of a call: it counts again as its phone is back, under its name', async () => {
    const { id } = await create({ name: 'Bea' });
    const was = await join(id);
    gateway.socket.disconnect();
    await expect.poll(() => host.people.has(was)).toBe(false);
    await gatewayBack();
    await askGateway(gateway.socket, 'room:open', { meetingId: meeting.id });
    const callId = 'a-call-that-it-does-not-know';
    const phone = { meetingId: meeting.id, name: 'Bea', number: NUMBER, ssrc: 0xcafe, callId };
    expect(await ask(gateway.socket, 'phone:join', phone)).toMatchObject({ code: 'not-found' });
    const { participant } = await askGateway(gateway.socket, 'phone:join', {
      ...phone,
      returns: was,
    });
    expect(participant).toMatchObject({ name: 'Bea', kind: 'phone', state: 'joined' });
    await askMeet(host.socket, 'call:cancel', { callId });
    await expect.poll(() => gateway.removed).toEqual([participant.id]);
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
