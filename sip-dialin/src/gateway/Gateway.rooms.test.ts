import { describe, expect, it } from 'vitest';
import { settle, useGatewayBench } from './testing/GatewayBench.ts';

const bench = useGatewayBench();

describe('Gateway: phones and rooms', () => {
  it('opens the room, tells the server where its RTP comes from, then joins the phone', async () => {
    const phone = await bench.joined();
    expect(bench.socket.asked).toEqual(['room:open', 'transport:connect', 'phone:join']);
    expect(bench.socket.requests[1]?.payload).toEqual({
      transportId: 't1',
      ip: '127.0.0.1',
      port: 50_000,
    });
    expect(bench.rooms.open.get('m1')?.connections).toEqual([
      { ip: '127.0.0.1', port: 40_100, payloadType: 100, audioLevelExtensionId: 1 },
    ]);
    expect(bench.socket.requests[2]?.payload).toEqual({
      meetingId: 'm1',
      name: 'Ada',
      number: '+15550123',
      ssrc: phone.joins[0]?.ssrc,
    });
  });

  it('opens a new room once for two phones that come at the same time', async () => {
    const [first, second] = [bench.enter(), bench.enter()];
    await settle();
    expect(first.events).toEqual(['joined']);
    expect(second.events).toEqual(['joined']);
    expect(bench.socket.asked.filter((event) => event === 'room:open')).toHaveLength(1);
    expect(bench.rooms.created).toBe(1);
    expect(first.joins[0]?.ssrc).not.toBe(second.joins[0]?.ssrc);
  });

  it('releases the room with the last phone, not before', async () => {
    const first = await bench.joined();
    const second = await bench.joined();
    first.membership.leave();
    await settle();
    expect(bench.rooms.open.size).toBe(1);
    second.membership.leave();
    second.membership.leave();
    await settle();
    expect(bench.socket.asked.slice(-3)).toEqual(['phone:leave', 'phone:leave', 'room:release']);
    expect(bench.rooms.open.size).toBe(0);
    expect(bench.gateway.rooms).toBe(0);
    expect(second.events).toEqual(['joined']);
  });

  it('does not put a phone into the room that the server refused', async () => {
    bench.socket.fail('phone:join', 'meeting-ended');
    const phone = bench.enter();
    await settle();
    expect(phone.joins).toEqual([]);
    expect(phone.events).toEqual(['meetingEnded']);
    expect(bench.gateway.rooms).toBe(0);
  });

  it('tells all who wait for it when a room does not open', async () => {
    bench.socket.fail('room:open', 'media-unavailable');
    const phones = [bench.enter(), bench.enter()];
    await settle();
    expect(phones.map(({ events }) => events)).toEqual([['unreachable'], ['unreachable']]);
    expect(bench.gateway.rooms).toBe(0);
  });

  it('says unreachable to a phone that comes while the server is away', async () => {
    bench.socket.connected = false;
    const phone = bench.enter();
    await settle();
    expect(phone.events).toEqual(['unreachable']);
  });

  it('passes on what the server says of trunks', () => {
    const news = { trunks: [], numbers: ['+15550100'] };
    bench.socket.handlers.news['trunks:changed'](news);
    expect(bench.told).toEqual([news]);
  });

  it('passes on what the server says of a PIN and a DID', async () => {
    const query = { number: '+15550100', trunkId: 't1' };
    await expect(bench.gateway.resolveDid(query)).resolves.toMatchObject({ language: 'en' });
    bench.socket.fail('pin:check', 'pin-wrong');
    await expect(
      bench.gateway.checkPin({
        callId: 'c',
        did: '+15550100',
        trunkId: 't1',
        pin: '1',
        caller: '',
      }),
    ).rejects.toMatchObject({ code: 'pin-wrong' });
  });
});

describe('Gateway: races', () => {
  it('takes a phone out again that left while the server joined it', async () => {
    const release = bench.socket.hold('phone:join');
    const phone = bench.enter();
    const other = bench.enter();
    await settle();
    phone.membership.leave();
    release();
    await settle();
    expect(phone.events).toEqual([]);
    expect(phone.joins).toEqual([]);
    expect(other.events).toEqual(['joined']);
    expect(bench.socket.requests.filter(({ event }) => event === 'phone:leave')).toEqual([
      {
        event: 'phone:leave',
        payload: { meetingId: 'm1', participantId: 'p1', ssrc: expect.any(Number) as number },
      },
    ]);
  });

  it('closes a room whose only phone left while it opened', async () => {
    const release = bench.socket.hold('room:open');
    const phone = bench.enter();
    await settle();
    phone.membership.leave();
    release();
    await settle();
    expect(bench.socket.asked).toEqual(['room:open', 'room:release']);
    expect(bench.rooms).toMatchObject({ created: 1, closed: 1 });
  });

  it('opens a room anew only when its last one is closed', async () => {
    const first = await bench.joined();
    const release = bench.socket.hold('room:release');
    first.membership.leave();
    const second = bench.enter();
    await settle();
    expect(bench.socket.asked.filter((event) => event === 'room:open')).toHaveLength(1);
    release();
    await settle();
    expect(second.events).toEqual(['joined']);
    expect(bench.rooms).toMatchObject({ created: 2, closed: 1 });
  });

  it('tells a phone that joins while the room closes', async () => {
    const release = bench.socket.hold('phone:join');
    const phone = bench.enter();
    await settle();
    bench.socket.handlers.news['room:closed']({ meetingId: 'm1', reason: 'meeting-ended' });
    expect(phone.events).toEqual(['meetingEnded']);
    release();
    await settle();
    expect(phone.events).toEqual(['meetingEnded']);
    expect(phone.joins).toEqual([]);
    expect(bench.socket.asked).not.toContain('room:release');
  });

  it('opens the room again for a phone that joins just as the last other one leaves', async () => {
    const first = await bench.joined();
    const release = bench.socket.hold('phone:join');
    const second = bench.enter();
    await settle();
    first.membership.leave();
    // The server found the room empty, and then no room for the second phone.
    bench.socket.handlers.news['room:closed']({ meetingId: 'm1', reason: 'left' });
    bench.socket.failNext('phone:join', 'conflict');
    release();
    await settle();
    expect(second.events).toEqual(['joined']);
    expect(bench.socket.asked.filter((event) => event === 'room:open')).toHaveLength(2);
    expect(bench.rooms.created).toBe(1);
  });

  it('does not take the news of the last room for one of its next', async () => {
    const first = await bench.joined();
    const release = bench.socket.hold('room:release');
    first.membership.leave();
    const second = bench.enter();
    bench.socket.handlers.news['room:closed']({ meetingId: 'm1', reason: 'left' });
    release();
    await settle();
    expect(second.events).toEqual(['joined']);
    expect(bench.socket.asked.filter((event) => event === 'room:open')).toHaveLength(2);
  });

  it('heeds that a phone was put out before the answer to its join was read', async () => {
    const stays = await bench.joined();
    const release = bench.socket.hold('phone:join');
    const phone = bench.enter();
    await settle();
    bench.socket.handlers.news['participant:left']({
      meetingId: 'm1',
      participantId: 'p2',
      reason: 'removed',
    });
    release();
    await settle();
    expect(phone.events).toEqual(['removed']);
    expect(phone.joins).toEqual([]);
    expect(stays.events).toEqual(['joined']);
  });
});
