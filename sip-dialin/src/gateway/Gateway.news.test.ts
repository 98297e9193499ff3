import { describe, expect, it } from 'vitest';
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
});
