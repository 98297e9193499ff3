import { describe, expect, it, vi } from 'vitest';
import { RECORDED_AGAIN_MS } from './LatestNews.ts';
import { REOPEN_EVERY_MS, SERVER_AWAY_LIMIT_MS } from './RoomOpening.ts';
import { participantView } from './testing/FakeGatewaySocket.ts';
import { consumer, settle, useGatewayBench } from './testing/GatewayBench.ts';

const bench = useGatewayBench();

const closed = (reason: 'media-failed' | 'connection-lost'): void =>
  bench.socket.handlers.news['room:closed']({ meetingId: 'm1', reason });
const times = (event: string): number => bench.socket.asked.filter((each) => each === event).length;

describe('Gateway: a room that failed', () => {
  it.each(['media-failed', 'connection-lost'] as const)(
    'is opened anew on %s, and its phones hear each other all the time',
    async (reason) => {
      const phones = [await bench.joined(), await bench.joined()];
      bench.tellConsumer(consumer());
      closed(reason);
      expect(bench.rooms.open.get('m1')!.sources.size).toBe(0);
      await settle();
      expect([times('room:open'), times('phone:join')]).toEqual([2, 4]);
      const joins = bench.socket.requests.filter(({ event }) => event === 'phone:join');
      expect(joins.slice(2)).toMatchObject([
        { payload: { returns: 'p1' } },
        { payload: { returns: 'p2' } },
      ]);
      expect(bench.rooms).toMatchObject({ created: 1, closed: 0 });
      for (const phone of phones) {
        expect(phone.events).toEqual(['joined']);
        expect([phone.joins.length, phone.leaves]).toEqual([1, 0]);
      }
      expect(bench.tellConsumer(consumer({ transportId: 't2' })).ok).toBe(true);
      await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS);
      expect(phones[0]!.events).toEqual(['joined']);
    },
  );

  it.each(['room:open', 'phone:join'] as const)('is tried again when %s fails', async (event) => {
    const phones = [await bench.joined(), await bench.joined()];
    bench.socket.fail(event, 'media-unavailable');
    closed('media-failed');
    await vi.advanceTimersByTimeAsync(3 * REOPEN_EVERY_MS);
    expect(times(event)).toBeGreaterThan(3);
    expect(times(event)).toBeLessThan(14);
    bench.socket.recover(event);
    await vi.advanceTimersByTimeAsync(REOPEN_EVERY_MS);
    const joins = times('phone:join');
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS);
    expect(times('phone:join')).toBe(joins);
    for (const phone of phones) expect(phone.events).toEqual(['joined']);
    expect(bench.rooms.created).toBe(1);
  });

  it('a server that was started anew is told to what callers have agreed', async () => {
    const phone = await bench.joined();
    const told = { how: 'key', policy: 'required', language: 'de', words: 'Eins.' } as const;
    phone.membership.tellConsent(told);
    await settle();
    const { payload } = bench.socket.requests.find(({ event }) => event === 'phone:told')!;
    expect(payload).toMatchObject({ participantId: 'p1', told });
    closed('connection-lost');
    await settle();
    const joins = bench.socket.requests.filter(({ event }) => event === 'phone:join');
    expect(joins).toHaveLength(2);
    expect(joins[0]!.payload).not.toHaveProperty('told');
    expect(joins[1]!.payload).toMatchObject({ returns: 'p1', told: [told] });
  });

  it('that nobody else was in sends to the SFU again until it is told otherwise', async () => {
    await bench.joined();
    const tell = (others: boolean): void =>
      bench.socket.handlers.news['room:audience']({ meetingId: 'm1', others });
    const room = bench.rooms.open.get('m1')!;
    expect(room.forwarding).toBe(true);
    tell(false);
    expect(room.forwarding).toBe(false);
    closed('connection-lost');
    expect(room.forwarding).toBe(true);
    await settle();
    expect(room.forwarding).toBe(true);
    tell(false);
    tell(true);
    expect(room.forwarding).toBe(true);
  });

  describe('that was recorded', () => {
    const recorded = async (recording: boolean): Promise<void> => {
      const news = { meetingId: 'm1', locked: false, paused: false, waiting: 0 };
      bench.socket.handlers.news['room:changed']({ ...news, recording });
      await settle();
    };

    it('and is so again, is not told twice', async () => {
      const phone = await bench.joined();
      await recorded(true);
      closed('connection-lost');
      await vi.advanceTimersByTimeAsync(RECORDED_AGAIN_MS - 1);
      expect(times('phone:join')).toBe(2);
      await recorded(true);
      await vi.advanceTimersByTimeAsync(RECORDED_AGAIN_MS);
      expect(phone.events).toEqual(['joined', 'roomChanged']);
      await recorded(false);
      expect(phone.told.at(-1)).toMatchObject({ recording: false });
    });

    it.each(['phone:join', 'participant:setHeld'] as const)(
      'and is so again while %s is not answered yet, is not told of older news',
      async (request) => {
        const phone = await bench.joined();
        phone.membership.setHeld(true);
        await recorded(true);
        const answer = bench.socket.hold(request);
        closed('connection-lost');
        await settle();
        await recorded(true);
        answer();
        await vi.advanceTimersByTimeAsync(RECORDED_AGAIN_MS);
        expect(times('participant:setHeld')).toBe(2);
        expect(phone.told.at(-1)).toMatchObject({ recording: true });
        expect(phone.events).toEqual(['joined', 'roomChanged']);
      },
    );

    it('and is not so again, is told after a while; other news come at once', async () => {
      const phone = await bench.joined();
      await recorded(true);
      closed('media-failed');
      await settle();
      const news = { meetingId: 'm1', locked: false, recording: false, paused: false, waiting: 1 };
      bench.socket.handlers.news['room:changed'](news);
      expect(phone.told.at(-1)).toMatchObject({ recording: true, waiting: 1 });
      await vi.advanceTimersByTimeAsync(RECORDED_AGAIN_MS);
      expect(phone.told.at(-1)).toMatchObject({ recording: false, waiting: 1 });
      expect(phone.events).toHaveLength(4);
    });
  });

  it('is given up in the end, and its phones are told', async () => {
    const phones = [await bench.joined(), await bench.joined()];
    bench.socket.fail('room:open', 'media-unavailable');
    closed('media-failed');
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS - 1);
    expect(phones[0]!.events).toEqual(['joined']);
    await vi.advanceTimersByTimeAsync(1);
    for (const phone of phones) expect(phone.events).toEqual(['joined', 'unreachable']);
    expect(bench.gateway.rooms).toBe(0);
    await settle();
    expect(bench.rooms.open.size).toBe(0);
  });

  it('is not tried again when the meeting has ended', async () => {
    const phone = await bench.joined();
    bench.socket.fail('room:open', 'meeting-ended');
    closed('connection-lost');
    await settle();
    expect(phone.events).toEqual(['joined', 'meetingEnded']);
  });

  it('takes a phone that comes meanwhile', async () => {
    await bench.joined();
    bench.socket.fail('room:open', 'media-unavailable');
    closed('media-failed');
    const late = bench.enter();
    await vi.advanceTimersByTimeAsync(REOPEN_EVERY_MS);
    expect(late.events).toEqual([]);
    bench.socket.recover('room:open');
    await vi.advanceTimersByTimeAsync(REOPEN_EVERY_MS);
    expect(late.events).toEqual(['joined']);
  });

  it('closes with the last phone, though it is not open again', async () => {
    const phone = await bench.joined();
    bench.socket.fail('room:open', 'media-unavailable');
    closed('media-failed');
    await settle();
    phone.membership.leave();
    await settle();
    expect(bench.rooms.open.size).toBe(0);
  });

  it('comes back when the server has closed it before it went away itself', async () => {
    const phone = await bench.joined();
    bench.socket.fail('room:open', 'unavailable');
    closed('connection-lost');
    await settle();
    bench.socket.disconnect();
    await vi.advanceTimersByTimeAsync(4_000);
    bench.socket.recover('room:open');
    bench.socket.reconnect();
    await settle();
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS);
    expect(phone.events).toEqual(['joined']);
    expect(times('phone:join')).toBe(2);
  });

  it('has a phone by the name that it was given, and by its call as long as the server knows that', async () => {
    const phone = await bench.joined('m1', { callId: 'c1' });
    bench.tellUpdated({ name: 'Ada Lovelace' });
    bench.socket.failOnce('phone:join', 'not-found');
    closed('media-failed');
    await settle();
    const joins = bench.socket.requests.filter(({ event }) => event === 'phone:join');
    expect(joins.map(({ payload }) => payload)).toMatchObject([
      { name: 'Ada', callId: 'c1' },
      { name: 'Ada Lovelace', callId: 'c1' },
      { name: 'Ada Lovelace' },
    ]);
    expect(joins[2]?.payload).not.toHaveProperty('callId');
    expect(phone.events).toEqual(['joined']);
  });

  it('has one that we called by the name that the server gave it, which may have forgotten', async () => {
    bench.socket.takeInAs(participantView({ name: 'Bea' }));
    await bench.joined('m1', { callId: 'c1', name: '…0123' });
    closed('media-failed');
    await settle();
    expect(bench.socket.requests.at(-1)).toMatchObject({
      event: 'phone:join',
      payload: { name: 'Bea', callId: 'c1', returns: 'p1' },
    });
  });
});

describe('Gateway: a phone that carries another’s sound, after the room failed', () => {
  const joins = () => bench.socket.requests.filter(({ event }) => event === 'phone:join');
  const carried = (id: string): void =>
    bench.socket.takeInAs(participantView({ id, name: 'Ann', kind: 'browser' }));

  it('waits for them to be back, and is never a participant of its own', async () => {
    carried('b1');
    const phone = await bench.joined('m1', { callId: 'c1' });
    bench.socket.fail('phone:join', 'unavailable');
    closed('media-failed');
    await settle();
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS / 2);
    bench.socket.recover('phone:join');
    carried('b2');
    await vi.advanceTimersByTimeAsync(REOPEN_EVERY_MS);
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS);
    expect(phone.events).toEqual(['joined']);
    for (const { payload } of joins()) expect(payload).toMatchObject({ callId: 'c1' });
    expect(joins().at(-1)?.payload).toMatchObject({ returns: 'b1' });
  });

  it('hears that the meeting cannot be reached where they are not back in time', async () => {
    carried('b1');
    const phone = await bench.joined('m1', { callId: 'c1' });
    bench.socket.fail('phone:join', 'unavailable');
    closed('media-failed');
    await settle();
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS);
    expect(phone.events).toEqual(['joined', 'unreachable']);
  });

  it('ends where the server knows neither of them any more', async () => {
    carried('b1');
    const phone = await bench.joined('m1', { callId: 'c1' });
    bench.socket.fail('phone:join', 'not-found');
    closed('media-failed');
    await settle();
    expect(phone.events).toEqual(['joined', 'meetingEnded']);
    expect(joins()).toHaveLength(2);
  });
});
