import { describe, expect, it, vi } from 'vitest';
import { SERVER_AWAY_LIMIT_MS } from './RoomOpening.ts';
import { consumer, settle, useGatewayBench } from './testing/GatewayBench.ts';

const bench = useGatewayBench();

describe('Gateway: the server goes away', () => {
  it('keeps the phones among themselves and joins them again when it is back', async () => {
    const phone = await bench.joined();
    bench.tellConsumer(consumer());
    bench.socket.disconnect();
    expect(bench.rooms.open.get('m1')!.sources.size).toBe(0);
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS - 1);
    bench.socket.reconnect();
    await settle();
    expect(bench.socket.asked).toEqual([
      ...['room:open', 'transport:connect', 'phone:join'],
      ...['room:open', 'transport:connect', 'phone:join'],
    ]);
    expect(phone.events).toEqual(['joined']);
    expect(phone.joins).toHaveLength(1);
    expect(bench.rooms.created).toBe(1);
    expect(bench.rooms.open.get('m1')!.connections).toHaveLength(2);
    expect(bench.tellConsumer(consumer({ transportId: 't2' })).ok).toBe(true);
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS);
    expect(phone.events).toEqual(['joined']);
  });

  it('tells them that it cannot be reached when it does not come back', async () => {
    const phone = await bench.joined();
    bench.socket.disconnect();
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS);
    expect(phone.events).toEqual(['joined', 'unreachable']);
    expect(bench.gateway.rooms).toBe(0);
    expect(bench.rooms.open.size).toBe(0);
  });

  it('tells them that the meeting has ended when it ended meanwhile', async () => {
    const phone = await bench.joined();
    bench.socket.disconnect();
    bench.socket.fail('room:open', 'meeting-ended');
    bench.socket.reconnect();
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS);
    expect(phone.events).toEqual(['joined', 'meetingEnded']);
  });

  it('keeps a muted phone muted', async () => {
    await bench.joined();
    bench.tellUpdated({ muted: true, handRaised: false });
    bench.socket.disconnect();
    bench.socket.reconnect();
    await settle();
    expect(bench.socket.requests.at(-1)).toEqual({
      event: 'participant:setMuted',
      payload: { meetingId: 'm1', participantId: 'p2', muted: true },
    });
  });

  it('tells it anew of a phone that is on hold, and of none that is not any more', async () => {
    const phone = await bench.joined();
    phone.membership.setHeld(true);
    bench.socket.disconnect();
    bench.socket.reconnect();
    await settle();
    const held = (participantId: string, held: boolean) => ({
      event: 'participant:setHeld',
      payload: { meetingId: 'm1', participantId, held },
    });
    expect(bench.socket.requests.filter(({ event }) => event === 'participant:setHeld')).toEqual([
      held('p1', true),
      held('p2', true),
    ]);
    phone.membership.setHeld(false);
    expect(bench.socket.requests.at(-1)).toEqual(held('p2', false));
    bench.socket.disconnect();
    bench.socket.reconnect();
    await settle();
    expect(bench.socket.requests.at(-1)?.event).toBe('phone:join');
  });
});

describe('Gateway: wishes while the server is away', () => {
  it('are told once it is back, and one that it did not take does no harm', async () => {
    const phone = await bench.joined();
    bench.socket.disconnect();
    phone.membership.setMuted(true);
    phone.membership.setHandRaised(true);
    bench.socket.reconnect();
    await settle();
    expect(bench.socket.requests.slice(-2)).toEqual([
      {
        event: 'participant:setMuted',
        payload: { meetingId: 'm1', participantId: 'p2', muted: true },
      },
      {
        event: 'participant:setHandRaised',
        payload: { meetingId: 'm1', participantId: 'p2', handRaised: true },
      },
    ]);
    bench.socket.fail('participant:setMuted', 'internal');
    phone.membership.setMuted(false);
    await settle();
    expect(phone.events).toEqual(['joined']);
  });
});

describe('Gateway: connecting and closing', () => {
  it('waits for a server that starts later', async () => {
    bench.socket.connected = false;
    const connected = bench.gateway.whenConnected(30_000);
    await vi.advanceTimersByTimeAsync(20_000);
    bench.socket.reconnect();
    await expect(connected).resolves.toBeUndefined();
  });

  it('gives up in time, with what the server said', async () => {
    bench.socket.connected = false;
    const connected = bench.gateway.whenConnected(30_000);
    connected.catch(() => undefined);
    bench.socket.handlers.onRefused('wrong token');
    await vi.advanceTimersByTimeAsync(30_000);
    await expect(connected).rejects.toThrow('The meeting server refuses us: wrong token.');
  });

  it('close() releases every room, tells its phones, and disconnects', async () => {
    const phones = [await bench.joined('m1'), await bench.joined('m2')];
    await bench.gateway.close();
    expect(phones.map(({ events }) => events)).toEqual([
      ['joined', 'unreachable'],
      ['joined', 'unreachable'],
    ]);
    expect(bench.socket.asked.filter((event) => event === 'room:release')).toHaveLength(2);
    expect(bench.socket.closed).toBe(true);
  });

  it('close() twice is silent, and waiting for the server ends with it', async () => {
    bench.socket.connected = false;
    const connected = bench.gateway.whenConnected(30_000);
    await Promise.all([
      expect(connected).rejects.toMatchObject({ code: 'unavailable' }),
      bench.gateway.close(),
      bench.gateway.close(),
    ]);
  });
});
