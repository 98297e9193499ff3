import { ok, type ParticipantView } from '@switchroom/protocol';
import { describe, expect, it } from 'vitest';
import {
  enter,
  type Guest,
  gateway,
  gatewayBack,
  host,
  MANY,
  join,
  meeting,
  NUMBER,
  progress,
  rest,
  server,
  setPolicy,
  useCalls,
} from './callsHarness.ts';
import { ask, askGateway, askMeet } from './serverHarness.ts';

useCalls();

/** Whether the server has noticed that a browser is gone whose participant stays. */
const isAway = ({ id }: Guest): boolean =>
  server.logs.some((line) => line.includes('stays by another') && line.includes(id));

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

  it('a key of the phone agrees to being recorded for whose sound it carries', async () => {
    const recorder = await server.gateway('recorder', (socket) => {
      socket.on('recording:start', (_request, ack) => ack(ok({})));
      socket.on('recording:stop', (_request, ack) => ack(ok({})));
    });
    await rest('PATCH', `/meetings/${meeting.id}`, { consent: 'required' });
    await rest('POST', `/meetings/${meeting.id}/recording`, { action: 'start' });
    const guest = await enter(meeting, 'Guest');
    await expect.poll(() => host.people.get(guest.id)?.consent).toBe('awaited');
    const { id } = await askMeet(guest.socket, 'call:me', { number: NUMBER });
    await join(id);
    await askGateway(gateway.socket, 'phone:told', {
      ...{ meetingId: meeting.id, participantId: guest.id },
      told: {
        ...{ how: 'key', policy: 'required', language: 'en', words: 'Press one.' },
        at: '2026-03-01T10:00:00.000Z',
      },
    });
    await expect.poll(() => host.people.get(guest.id)?.consent).toBe('given');
    await askMeet(guest.socket, 'call:back', {});
    await expect.poll(() => host.people.get(guest.id)?.audio).toBe('browser');
    expect(host.people.get(guest.id)?.consent).toBe('given');
    recorder.disconnect();
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
    await gatewayBack();
    await askGateway(gateway.socket, 'room:open', { meetingId: meeting.id });
    const phone = { meetingId: meeting.id, name: 'Phone', number: NUMBER, ssrc: 0xcafe };
    await askGateway(gateway.socket, 'phone:join', { ...phone, returns: guest.id });
    await expect.poll(() => host.people.size).toBe(3);
    expect(host.people.has(guest.id)).toBe(true);
  });

  /** A guest whose sound is on the phone. */
  async function byPhone(browserId: string): Promise<{ guest: Guest; id: string }> {
    const guest = await enter(meeting, 'Guest', false, { browserId });
    const { id } = await askMeet(guest.socket, 'call:me', { number: NUMBER });
    await join(id);
    await expect.poll(() => host.people.get(guest.id)?.audio).toBe('phone');
    return { guest, id };
  }

  it.each([
    ['by the seat, before the loss is known', false, true],
    ['by the seat', true, true],
    ['as the same browser, without it', true, false],
  ])('goes on while the browser is away, which comes back %s', async (_, isLost, hasSeat) => {
    const browserId = 'a-browser-of-its-own';
    const { guest, id } = await byPhone(browserId);
    if (isLost) guest.socket.disconnect();
    const seat = hasSeat ? { resumeToken: guest.resumeToken } : {};
    if (isLost) await expect.poll(() => isAway(guest)).toBe(true);
    const again = await enter(meeting, 'Guest', false, { browserId, ...seat });
    expect([again.id, again.people.get(guest.id)?.audio]).toEqual([guest.id, 'phone']);
    expect(again.people.size).toBe(2);
    await askMeet(again.socket, 'call:back', {});
    await expect.poll(() => host.people.get(guest.id)?.audio).toBe('browser');
    expect([gateway.cancelled, gateway.removed, host.people.size]).toEqual([[id], [], 2]);
  });

  it('is over as the phone hangs up and the browser is not back', async () => {
    const { guest } = await byPhone('a-browser-of-its-own');
    guest.socket.disconnect();
    await expect.poll(() => isAway(guest)).toBe(true);
    const leave = { meetingId: meeting.id, participantId: guest.id };
    await askGateway(gateway.socket, 'phone:leave', leave);
    await expect.poll(() => host.people.has(guest.id)).toBe(false);
  });

  it('a phone whose gateway comes back carries the same participant again', async () => {
    const guest = await enter(meeting, 'Guest');
    const { id } = await askMeet(guest.socket, 'call:me', { number: NUMBER });
    await join(id);
    gateway.socket.disconnect();
    await expect.poll(() => host.people.get(guest.id)?.audio).toBe('browser');
    await gatewayBack();
    await askGateway(gateway.socket, 'room:open', { meetingId: meeting.id });
    const phone = { meetingId: meeting.id, name: 'Guest', number: NUMBER, ssrc: 0xcafe };
    const back = { ...phone, callId: id, returns: guest.id };
    expect(await askGateway(gateway.socket, 'phone:join', back)).toMatchObject({
      participant: { id: guest.id, name: 'Guest', kind: 'browser', audio: 'phone' },
    });
    await expect.poll(() => host.people.get(guest.id)?.audio).toBe('phone');
    expect(host.people.size).toBe(2);
    await askMeet(guest.socket, 'call:back', {});
    await expect.poll(() => gateway.cancelled).toEqual([id]);
  });

  it('a phone that is back before the participant waits, and carries who has come in that place', async () => {
    const guest = await enter(meeting, 'Guest');
    const { id } = await askMeet(guest.socket, 'call:me', { number: NUMBER });
    await join(id);
    gateway.socket.disconnect();
    await expect.poll(() => host.people.get(guest.id)?.audio).toBe('browser');
    guest.socket.disconnect();
    await expect.poll(() => host.people.size).toBe(1);
    await gatewayBack();
    await askGateway(gateway.socket, 'room:open', { meetingId: meeting.id });
    const phone = { meetingId: meeting.id, name: 'Guest', number: NUMBER, ssrc: 0xcafe };
    const back = { ...phone, callId: id, returns: guest.id };
    expect(await ask(gateway.socket, 'phone:join', back)).toMatchObject({ code: 'unavailable' });
    const again = await enter(meeting, 'Guest', false, { resumeToken: guest.resumeToken });
    const { participantId } = await askGateway(gateway.socket, 'phone:join', back);
    expect(participantId).toBe(again.id);
    await expect.poll(() => host.people.get(again.id)?.audio).toBe('phone');
    expect(host.people.size).toBe(2);
    await askMeet(again.socket, 'room:leave', {});
    await expect.poll(() => host.people.size).toBe(1);
    await askGateway(gateway.socket, 'room:open', { meetingId: meeting.id });
    expect(await ask(gateway.socket, 'phone:join', back)).toMatchObject({ code: 'not-found' });
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
