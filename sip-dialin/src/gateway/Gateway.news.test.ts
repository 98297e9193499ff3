import { describe, expect, it, vi } from 'vitest';
import { consumer, settle, useGatewayBench } from './testing/GatewayBench.ts';

const bench = useGatewayBench();

describe('Gateway: news', () => {
  it('mixes a consumer in before it acknowledges, and out when it closed', async () => {
    await bench.joined();
    expect(bench.tellConsumer(consumer())).toEqual({ ok: true, value: {} });
    expect([...bench.rooms.open.get('m1')!.sources]).toEqual([777]);
    bench.socket.handlers.news['consumer:closed']({ meetingId: 'm1', consumerId: 'c1' });
    bench.socket.handlers.news['consumer:closed']({ meetingId: 'm1', consumerId: 'c1' });
    expect(bench.rooms.open.get('m1')!.sources.size).toBe(0);
  });

  it('refuses a consumer of a room or a transport that it does not have', async () => {
    await bench.joined();
    expect(bench.tellConsumer(consumer({ meetingId: 'other' }))).toMatchObject({
      code: 'not-found',
    });
    expect(bench.tellConsumer(consumer({ transportId: 't9' }))).toMatchObject({
      code: 'not-found',
    });
    expect(bench.rooms.open.get('m1')!.sources.size).toBe(0);
  });

  it('tells a phone that was removed, and leaves the others in', async () => {
    const first = await bench.joined();
    const second = await bench.joined();
    bench.socket.handlers.news['participant:left']({
      meetingId: 'm1',
      participantId: 'p1',
      reason: 'removed',
    });
    expect(first.events).toEqual(['joined', 'removed']);
    expect(second.events).toEqual(['joined']);
    await settle();
    expect(bench.socket.asked).not.toContain('phone:leave');
  });

  it('does not mind that a browser left', async () => {
    const phone = await bench.joined();
    bench.socket.handlers.news['participant:left']({
      meetingId: 'm1',
      participantId: 'b1',
      reason: 'left',
    });
    expect(phone.events).toEqual(['joined']);
  });

  it('tells a phone once that it was muted', async () => {
    const phone = await bench.joined();
    bench.tellUpdated({ muted: true, handRaised: false });
    bench.tellUpdated({ muted: true, handRaised: false });
    expect(phone.events).toEqual(['joined', 'muted:true']);
  });

  it('tells a phone whose hand was lowered, and asks for what a phone wishes', async () => {
    const phone = await bench.joined();
    phone.membership.setHandRaised(true);
    phone.membership.setMuted(true);
    await settle();
    expect(bench.socket.requests.slice(-2)).toEqual([
      {
        event: 'participant:setHandRaised',
        payload: { meetingId: 'm1', participantId: 'p1', handRaised: true },
      },
      {
        event: 'participant:setMuted',
        payload: { meetingId: 'm1', participantId: 'p1', muted: true },
      },
    ]);
    expect(phone.events).toEqual(['joined']);
    bench.tellUpdated({ muted: true, handRaised: false });
    expect(phone.events).toEqual(['joined', 'handRaised']);
  });

  it('asks the server how many are in, and says when it cannot tell', async () => {
    const { membership } = await bench.joined();
    bench.socket.answer('participant:count', ({ meetingId }) => ({
      participants: meetingId === 'm1' ? 3 : 0,
    }));
    expect(await membership.attendance()).toEqual({ people: 3, names: [] });
    bench.socket.disconnect();
    await expect(membership.attendance()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('asks nothing for a phone that is out', async () => {
    const { membership } = await bench.joined();
    membership.leave();
    await settle();
    const before = bench.socket.requests.length;
    membership.setMuted(true);
    membership.setHandRaised(true);
    await settle();
    expect(bench.socket.requests).toHaveLength(before);
  });

  it('tells every phone of a room that closed, and of no other', async () => {
    const [first, second, other] = [
      await bench.joined(),
      await bench.joined(),
      await bench.joined('m2'),
    ];
    bench.socket.handlers.news['room:closed']({ meetingId: 'm1', reason: 'meeting-ended' });
    expect(first.events).toEqual(['joined', 'meetingEnded']);
    expect(second.events).toEqual(['joined', 'meetingEnded']);
    expect(other.events).toEqual(['joined']);
    await settle();
    expect([...bench.rooms.open.keys()]).toEqual(['m2']);
  });

  it('tells a phone that it is asked to unmute', async () => {
    const [first, second] = [await bench.joined(), await bench.joined()];
    bench.socket.handlers.news['phone:unmuteAsked']({ meetingId: 'm1', participantId: 'p2' });
    expect(second.events).toEqual(['joined', 'unmuteAsked']);
    expect(first.events).toEqual(['joined']);
  });

  it('tells every phone of a recording and of who waits, once, and who comes later', async () => {
    const phone = await bench.joined();
    const joined = { type: 'joined', role: 'participant', consent: 'none' };
    const news = { meetingId: 'm1', locked: true, recording: true, paused: false, waiting: 2 };
    bench.socket.handlers.news['room:changed'](news);
    bench.socket.handlers.news['room:changed'](news);
    expect(phone.told).toEqual([
      { ...joined, recording: false, paused: false, waiting: 0 },
      { type: 'roomChanged', recording: true, paused: false, waiting: 2 },
    ]);
    bench.socket.recording = true;
    const late = await bench.joined('m1', { role: 'host' });
    expect(late.told).toEqual([
      { ...joined, role: 'host', recording: true, paused: false, waiting: 2 },
    ]);
    expect(phone.events).toHaveLength(2);
  });
});

describe('Gateway: what phones ask for', () => {
  it.each([
    ['toggleLock', 'room:toggleLock', { locked: true }],
    ['toggleRecording', 'room:toggleRecording', { recording: true }],
    ['togglePause', 'room:togglePause', { recording: true, paused: true }],
    ['muteAll', 'room:muteAll', {}],
    ['admitAll', 'room:admitAll', { admitted: 2 }],
  ] as const)('%s of a moderator is %s', async (command, event, answer) => {
    const { membership } = await bench.joined('m1', { role: 'host' });
    bench.socket.answer(event, () => answer as never);
    expect(await membership.command(command)).toEqual({ command, ...answer });
    const payload = { meetingId: 'm1', participantId: 'p1' };
    expect(bench.socket.requests.at(-1)).toEqual({ event, payload });
    bench.socket.disconnect();
    await expect(membership.command(command)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('tells how a call is, and minds nothing when the server is away', async () => {
    const { membership } = await bench.joined();
    const quality = { mos: 4.1, loss: 0.01, jitterMs: 3, roundTripMs: null };
    membership.tellQuality(quality);
    await settle();
    expect(bench.socket.requests.at(-1)).toEqual({
      event: 'phone:quality',
      payload: { meetingId: 'm1', participantId: 'p1', ...quality },
    });
    bench.socket.disconnect();
    membership.tellQuality(quality);
    await settle();
    expect(bench.socket.asked.filter((event) => event === 'phone:quality')).toHaveLength(1);
  });

  it('tells the names that other phones have said, but not of one in the lobby', async () => {
    const names = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
    const phones = [];
    for (const recordedName of names.slice(0, 2)) {
      phones.push(await bench.joined('m1', { recordedName }));
    }
    await bench.joined();
    bench.socket.joinsAs = 'lobby';
    bench.enter('m1', { recordedName: Uint8Array.of(3) });
    await settle();
    expect(await phones[0]!.membership.attendance()).toEqual({ people: 2, names: [names[1]] });
  });

  it('says who it is: role and ordered call', async () => {
    await bench.joined('m1', { role: 'host', callId: 'c1' });
    expect(bench.socket.requests.at(-1)?.payload).toMatchObject({ role: 'host', callId: 'c1' });
  });

  it('asks for a call to whom a phone is handed on', async () => {
    const { membership } = await bench.joined();
    bench.socket.answer('call:refer', ({ number }) => ({ callId: `to ${number}` }));
    expect(await membership.refer('+15550177')).toEqual({ callId: 'to +15550177' });
  });
});

describe('Gateway: calls that the server orders', () => {
  const order = {
    callId: 'c1',
    meetingId: 'm1',
    number: '+15550177',
    language: 'en',
    maxSeconds: 60,
    callMe: false,
  };

  it('are acknowledged at once, and handed on', () => {
    const ack = vi.fn();
    bench.socket.handlers.news['call:place'](order, ack);
    expect(ack).toHaveBeenCalledExactlyOnceWith({ ok: true, value: {} });
    bench.socket.handlers.news['call:cancel']({ callId: 'c1' });
    expect(bench.placed).toEqual([order]);
    expect(bench.cancelled).toEqual(['c1']);
  });

  it('are reported on, and one that the server does not take does no harm', async () => {
    await bench.gateway.tellProgress({ callId: 'c1', state: 'ringing' });
    expect(bench.socket.requests.at(-1)?.event).toBe('call:progress');
    bench.socket.disconnect();
    await bench.gateway.tellProgress({ callId: 'c1', state: 'failed', reason: 'busy' });
  });
});
