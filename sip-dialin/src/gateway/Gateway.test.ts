import type { GatewayConsumerCreated, Result } from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Gateway } from './Gateway.ts';
import type { MemberEvent, Membership } from './MeetingRooms.ts';
import { SERVER_AWAY_LIMIT_MS } from './RoomLink.ts';
import { FakeGatewaySocket } from './testing/FakeGatewaySocket.ts';
import { FakeRooms } from './testing/FakeRooms.ts';

let socket: FakeGatewaySocket;
let rooms: FakeRooms;
let gateway: Gateway;
let told: unknown[];

/** A phone that notes what it is told. */
class Phone {
  readonly events: string[] = [];
  readonly joins: { roomId: string; ssrc: number }[] = [];
  membership!: Membership;

  enter(meetingId = 'm1'): this {
    this.membership = gateway.enter({
      meetingId,
      name: 'Ada',
      number: '+15550123',
      media: {
        join: async (roomId, ssrc) => {
          this.joins.push({ roomId, ssrc });
        },
      },
      onEvent: (event: MemberEvent) => {
        this.events.push(event.type === 'muted' ? `muted:${event.muted}` : event.type);
      },
    });
    return this;
  }
}

async function joined(meetingId?: string): Promise<Phone> {
  const phone = new Phone().enter(meetingId);
  await settle();
  expect(phone.events).toEqual(['joined']);
  return phone;
}

/** Lets every promise that can go on do so. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

function consumer(overrides: Partial<GatewayConsumerCreated> = {}): GatewayConsumerCreated {
  return {
    meetingId: 'm1',
    transportId: 't1',
    consumerId: 'c1',
    participant: { id: 'b1', name: 'Browser', kind: 'browser' },
    ssrc: 777,
    payloadType: 100,
    ...overrides,
  };
}

function tellConsumer(news: GatewayConsumerCreated): Result<unknown> {
  const ack = vi.fn<(result: Result<unknown>) => void>();
  socket.handlers.news['consumer:created'](news, ack);
  expect(ack).toHaveBeenCalledOnce();
  return ack.mock.calls[0]![0];
}

beforeEach(() => {
  told = [];
  vi.useFakeTimers();
  socket = new FakeGatewaySocket();
  rooms = new FakeRooms();
  gateway = new Gateway({
    openSocket: socket.open,
    media: rooms,
    onTrunks: (news) => told.push(news),
    logger: pino({ level: 'silent' }),
  });
});

afterEach(async () => {
  await gateway.close();
  expect(vi.getTimerCount()).toBe(0);
  expect(rooms.open.size).toBe(0);
  vi.useRealTimers();
});

describe('Gateway: phones and rooms', () => {
  it('opens the room, tells the server where its RTP comes from, then joins the phone', async () => {
    const phone = await joined();
    expect(socket.asked).toEqual(['room:open', 'transport:connect', 'phone:join']);
    expect(socket.requests[1]?.payload).toEqual({
      transportId: 't1',
      ip: '127.0.0.1',
      port: 50_000,
    });
    expect(rooms.open.get('m1')?.connections).toEqual([
      { ip: '127.0.0.1', port: 40_100, payloadType: 100, audioLevelExtensionId: 1 },
    ]);
    expect(socket.requests[2]?.payload).toEqual({
      meetingId: 'm1',
      name: 'Ada',
      number: '+15550123',
      ssrc: phone.joins[0]?.ssrc,
    });
  });

  it('opens a new room once for two phones that come at the same time', async () => {
    const [first, second] = [new Phone().enter(), new Phone().enter()];
    await settle();
    expect(first.events).toEqual(['joined']);
    expect(second.events).toEqual(['joined']);
    expect(socket.asked.filter((event) => event === 'room:open')).toHaveLength(1);
    expect(rooms.created).toBe(1);
    expect(first.joins[0]?.ssrc).not.toBe(second.joins[0]?.ssrc);
  });

  it('releases the room with the last phone, not before', async () => {
    const first = await joined();
    const second = await joined();
    first.membership.leave();
    await settle();
    expect(rooms.open.size).toBe(1);
    second.membership.leave();
    second.membership.leave();
    await settle();
    expect(socket.asked.slice(-3)).toEqual(['phone:leave', 'phone:leave', 'room:release']);
    expect(rooms.open.size).toBe(0);
    expect(gateway.rooms).toBe(0);
    expect(second.events).toEqual(['joined']);
  });

  it('does not put a phone into the room that the server refused', async () => {
    socket.fail('phone:join', 'meeting-ended');
    const phone = new Phone().enter();
    await settle();
    expect(phone.joins).toEqual([]);
    expect(phone.events).toEqual(['meetingEnded']);
    expect(gateway.rooms).toBe(0);
  });

  it('tells all who wait for it when a room does not open', async () => {
    socket.fail('room:open', 'media-unavailable');
    const phones = [new Phone().enter(), new Phone().enter()];
    await settle();
    expect(phones.map(({ events }) => events)).toEqual([['unreachable'], ['unreachable']]);
    expect(gateway.rooms).toBe(0);
  });

  it('says unreachable to a phone that comes while the server is away', async () => {
    socket.connected = false;
    const phone = new Phone().enter();
    await settle();
    expect(phone.events).toEqual(['unreachable']);
  });

  it('passes on what the server says of trunks', () => {
    const news = { trunks: [], numbers: ['+15550100'] };
    socket.handlers.news['trunks:changed'](news);
    expect(told).toEqual([news]);
  });

  it('passes on what the server says of a PIN and a DID', async () => {
    const query = { number: '+15550100', trunkId: 't1' };
    await expect(gateway.resolveDid(query)).resolves.toMatchObject({ language: 'en' });
    socket.fail('pin:check', 'pin-wrong');
    await expect(
      gateway.checkPin({ did: '+15550100', trunkId: 't1', pin: '1', caller: '' }),
    ).rejects.toMatchObject({ code: 'pin-wrong' });
  });
});

describe('Gateway: races', () => {
  it('takes a phone out again that left while the server joined it', async () => {
    const release = socket.hold('phone:join');
    const phone = new Phone().enter();
    const other = new Phone().enter();
    await settle();
    phone.membership.leave();
    release();
    await settle();
    expect(phone.events).toEqual([]);
    expect(phone.joins).toEqual([]);
    expect(other.events).toEqual(['joined']);
    expect(socket.requests.filter(({ event }) => event === 'phone:leave')).toEqual([
      { event: 'phone:leave', payload: { meetingId: 'm1', participantId: 'p1' } },
    ]);
  });

  it('closes a room whose only phone left while it opened', async () => {
    const release = socket.hold('room:open');
    const phone = new Phone().enter();
    await settle();
    phone.membership.leave();
    release();
    await settle();
    expect(socket.asked).toEqual(['room:open', 'room:release']);
    expect(rooms).toMatchObject({ created: 1, closed: 1 });
  });

  it('opens a room anew only when its last one is closed', async () => {
    const first = await joined();
    const release = socket.hold('room:release');
    first.membership.leave();
    const second = new Phone().enter();
    await settle();
    expect(socket.asked.filter((event) => event === 'room:open')).toHaveLength(1);
    release();
    await settle();
    expect(second.events).toEqual(['joined']);
    expect(rooms).toMatchObject({ created: 2, closed: 1 });
  });

  it('tells a phone that joins while the room closes', async () => {
    const release = socket.hold('phone:join');
    const phone = new Phone().enter();
    await settle();
    socket.handlers.news['room:closed']({ meetingId: 'm1', reason: 'meeting-ended' });
    expect(phone.events).toEqual(['meetingEnded']);
    release();
    await settle();
    expect(phone.events).toEqual(['meetingEnded']);
    expect(phone.joins).toEqual([]);
    expect(socket.asked).not.toContain('room:release');
  });

  it('opens the room again for a phone that joins just as the last other one leaves', async () => {
    const first = await joined();
    const release = socket.hold('phone:join');
    const second = new Phone().enter();
    await settle();
    first.membership.leave();
    // The server found the room empty, and then no room for the second phone.
    socket.handlers.news['room:closed']({ meetingId: 'm1', reason: 'left' });
    socket.failNext('phone:join', 'conflict');
    release();
    await settle();
    expect(second.events).toEqual(['joined']);
    expect(socket.asked.filter((event) => event === 'room:open')).toHaveLength(2);
    expect(rooms.created).toBe(1);
  });

  it('does not take the news of the last room for one of its next', async () => {
    const first = await joined();
    const release = socket.hold('room:release');
    first.membership.leave();
    const second = new Phone().enter();
    socket.handlers.news['room:closed']({ meetingId: 'm1', reason: 'left' });
    release();
    await settle();
    expect(second.events).toEqual(['joined']);
    expect(socket.asked.filter((event) => event === 'room:open')).toHaveLength(2);
  });

  it('heeds that a phone was put out before the answer to its join was read', async () => {
    const stays = await joined();
    const release = socket.hold('phone:join');
    const phone = new Phone().enter();
    await settle();
    socket.handlers.news['participant:left']({
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

describe('Gateway: news', () => {
  it('mixes a consumer in before it acknowledges, and out when it closed', async () => {
    await joined();
    expect(tellConsumer(consumer())).toEqual({ ok: true, value: {} });
    expect([...rooms.open.get('m1')!.sources]).toEqual([777]);
    socket.handlers.news['consumer:closed']({ meetingId: 'm1', consumerId: 'c1' });
    socket.handlers.news['consumer:closed']({ meetingId: 'm1', consumerId: 'c1' });
    expect(rooms.open.get('m1')!.sources.size).toBe(0);
  });

  it('refuses a consumer of a room or a transport that it does not have', async () => {
    await joined();
    expect(tellConsumer(consumer({ meetingId: 'other' }))).toMatchObject({ code: 'not-found' });
    expect(tellConsumer(consumer({ transportId: 't9' }))).toMatchObject({ code: 'not-found' });
    expect(rooms.open.get('m1')!.sources.size).toBe(0);
  });

  it('tells a phone that was removed, and leaves the others in', async () => {
    const first = await joined();
    const second = await joined();
    socket.handlers.news['participant:left']({
      meetingId: 'm1',
      participantId: 'p1',
      reason: 'removed',
    });
    expect(first.events).toEqual(['joined', 'removed']);
    expect(second.events).toEqual(['joined']);
    await settle();
    expect(socket.asked).not.toContain('phone:leave');
  });

  it('does not mind that a browser left', async () => {
    const phone = await joined();
    socket.handlers.news['participant:left']({
      meetingId: 'm1',
      participantId: 'b1',
      reason: 'left',
    });
    expect(phone.events).toEqual(['joined']);
  });

  it('tells a phone once that it was muted', async () => {
    const phone = await joined();
    const participant = {
      id: 'p1',
      name: 'Ada',
      kind: 'phone',
      role: 'participant',
      state: 'joined',
      muted: true,
      handRaised: false,
    } as const;
    socket.handlers.news['participant:updated']({ meetingId: 'm1', participant });
    socket.handlers.news['participant:updated']({ meetingId: 'm1', participant });
    expect(phone.events).toEqual(['joined', 'muted:true']);
  });

  it('tells a phone whose hand was lowered, and asks for what a phone wishes', async () => {
    const phone = await joined();
    phone.membership.setHandRaised(true);
    phone.membership.setMuted(true);
    await settle();
    expect(socket.requests.slice(-2)).toEqual([
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
    socket.handlers.news['participant:updated']({
      meetingId: 'm1',
      participant: {
        id: 'p1',
        name: 'Ada',
        kind: 'phone',
        role: 'participant',
        state: 'joined',
        muted: true,
        handRaised: false,
      },
    });
    expect(phone.events).toEqual(['joined', 'handRaised']);
  });

  it('asks the server how many are in, and says when it cannot tell', async () => {
    const { membership } = await joined();
    socket.answer('participant:count', ({ meetingId }) => ({
      participants: meetingId === 'm1' ? 3 : 0,
    }));
    expect(await membership.count()).toBe(3);
    socket.disconnect();
    await expect(membership.count()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('asks nothing for a phone that is out', async () => {
    const { membership } = await joined();
    membership.leave();
    await settle();
    const before = socket.requests.length;
    membership.setMuted(true);
    membership.setHandRaised(true);
    await settle();
    expect(socket.requests).toHaveLength(before);
  });

  it('tells every phone of a room that closed, and of no other', async () => {
    const [first, second, other] = [await joined(), await joined(), await joined('m2')];
    socket.handlers.news['room:closed']({ meetingId: 'm1', reason: 'meeting-ended' });
    expect(first.events).toEqual(['joined', 'meetingEnded']);
    expect(second.events).toEqual(['joined', 'meetingEnded']);
    expect(other.events).toEqual(['joined']);
    await settle();
    expect([...rooms.open.keys()]).toEqual(['m2']);
  });
});

describe('Gateway: the server goes away', () => {
  it('keeps the phones among themselves and joins them again when it is back', async () => {
    const phone = await joined();
    tellConsumer(consumer());
    socket.disconnect();
    expect(rooms.open.get('m1')!.sources.size).toBe(0);
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS - 1);
    socket.reconnect();
    await settle();
    expect(socket.asked).toEqual([
      ...['room:open', 'transport:connect', 'phone:join'],
      ...['room:open', 'transport:connect', 'phone:join'],
    ]);
    expect(phone.events).toEqual(['joined']);
    expect(phone.joins).toHaveLength(1);
    expect(rooms.created).toBe(1);
    expect(rooms.open.get('m1')!.connections).toHaveLength(2);
    expect(tellConsumer(consumer({ transportId: 't2' })).ok).toBe(true);
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS);
    expect(phone.events).toEqual(['joined']);
  });

  it('tells them that it cannot be reached when it does not come back', async () => {
    const phone = await joined();
    socket.disconnect();
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS);
    expect(phone.events).toEqual(['joined', 'unreachable']);
    expect(gateway.rooms).toBe(0);
    expect(rooms.open.size).toBe(0);
  });

  it('tells them that the meeting has ended when it ended meanwhile', async () => {
    const phone = await joined();
    socket.disconnect();
    socket.fail('room:open', 'meeting-ended');
    socket.reconnect();
    await vi.advanceTimersByTimeAsync(SERVER_AWAY_LIMIT_MS);
    expect(phone.events).toEqual(['joined', 'meetingEnded']);
  });

  it('keeps a muted phone muted', async () => {
    await joined();
    socket.handlers.news['participant:updated']({
      meetingId: 'm1',
      participant: {
        id: 'p1',
        name: 'Ada',
        kind: 'phone',
        role: 'participant',
        state: 'joined',
        muted: true,
        handRaised: false,
      },
    });
    socket.disconnect();
    socket.reconnect();
    await settle();
    expect(socket.requests.at(-1)).toEqual({
      event: 'participant:setMuted',
      payload: { meetingId: 'm1', participantId: 'p2', muted: true },
    });
  });
});

describe('Gateway: wishes while the server is away', () => {
  it('are told once it is back, and one that it did not take does no harm', async () => {
    const phone = await joined();
    socket.disconnect();
    phone.membership.setMuted(true);
    phone.membership.setHandRaised(true);
    socket.reconnect();
    await settle();
    expect(socket.requests.slice(-2)).toEqual([
      {
        event: 'participant:setMuted',
        payload: { meetingId: 'm1', participantId: 'p2', muted: true },
      },
      {
        event: 'participant:setHandRaised',
        payload: { meetingId: 'm1', participantId: 'p2', handRaised: true },
      },
    ]);
    socket.fail('participant:setMuted', 'internal');
    phone.membership.setMuted(false);
    await settle();
    expect(phone.events).toEqual(['joined']);
  });
});

describe('Gateway: connecting and closing', () => {
  it('waits for a server that starts later', async () => {
    socket.connected = false;
    const connected = gateway.whenConnected(30_000);
    await vi.advanceTimersByTimeAsync(20_000);
    socket.reconnect();
    await expect(connected).resolves.toBeUndefined();
  });

  it('gives up in time, with what the server said', async () => {
    socket.connected = false;
    const connected = gateway.whenConnected(30_000);
    connected.catch(() => undefined);
    socket.handlers.onRefused('wrong token');
    await vi.advanceTimersByTimeAsync(30_000);
    await expect(connected).rejects.toThrow('The meeting server refuses us: wrong token.');
  });

  it('close() releases every room, tells its phones, and disconnects', async () => {
    const phones = [await joined('m1'), await joined('m2')];
    await gateway.close();
    expect(phones.map(({ events }) => events)).toEqual([
      ['joined', 'unreachable'],
      ['joined', 'unreachable'],
    ]);
    expect(socket.asked.filter((event) => event === 'room:release')).toHaveLength(2);
    expect(socket.closed).toBe(true);
  });

  it('close() twice is silent, and waiting for the server ends with it', async () => {
    socket.connected = false;
    const connected = gateway.whenConnected(30_000);
    await Promise.all([
      expect(connected).rejects.toMatchObject({ code: 'unavailable' }),
      gateway.close(),
      gateway.close(),
    ]);
  });
});
