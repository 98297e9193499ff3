import type {
  CallPlace,
  GatewayConsumerCreated,
  ParticipantView,
  Result,
} from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { Gateway } from '../Gateway.ts';
import type { Phone } from '../MeetingRooms.ts';
import { BenchPhone } from './BenchPhone.ts';
import { FakeGatewaySocket, participantView } from './FakeGatewaySocket.ts';
import { FakeRooms } from './FakeRooms.ts';

/** A gateway between a fake server and fake media, on fake time, new for each test. For tests. */
export class GatewayBench {
  socket!: FakeGatewaySocket;
  rooms!: FakeRooms;
  gateway!: Gateway;
  /** What the gateway passed on of trunks. */
  told: unknown[] = [];
  placed: CallPlace[] = [];
  cancelled: string[] = [];

  /** New fakes, and a gateway between them. */
  open(): void {
    this.told = [];
    this.placed = [];
    this.cancelled = [];
    this.socket = new FakeGatewaySocket();
    this.rooms = new FakeRooms();
    this.gateway = new Gateway({
      openSocket: this.socket.open,
      media: this.rooms,
      onTrunks: (news) => this.told.push(news),
      calls: {
        place: (order) => this.placed.push(order),
        cancel: (callId) => this.cancelled.push(callId),
        serverLost: () => this.cancelled.push('all'),
      },
      logger: pino({ level: 'silent' }),
    });
  }

  /** A phone on its way into a meeting. */
  enter(meetingId = 'm1', more: Partial<Phone> = {}): BenchPhone {
    return new BenchPhone(this.gateway, meetingId, more);
  }

  /** A phone that is in. */
  async joined(meetingId?: string, more?: Partial<Phone>): Promise<BenchPhone> {
    const phone = this.enter(meetingId, more);
    await settle();
    expect(phone.events).toEqual(['joined']);
    return phone;
  }

  /** The server tells of a new consumer. Gives what was acknowledged. */
  tellConsumer(news: GatewayConsumerCreated): Result<unknown> {
    const ack = vi.fn<(result: Result<unknown>) => void>();
    this.socket.handlers.news['consumer:created'](news, ack);
    expect(ack).toHaveBeenCalledOnce();
    const result = ack.mock.calls[0]?.[0];
    if (!result) throw new Error('The consumer was acknowledged with nothing.');
    return result;
  }

  /** The server tells how the first phone of `m1`, or another, is now. */
  tellUpdated(now: Partial<ParticipantView>): void {
    this.socket.handlers.news['participant:updated']({
      meetingId: 'm1',
      participant: participantView(now),
    });
  }

  /** Closes the gateway: nothing is left of it. */
  async close(): Promise<void> {
    await this.gateway.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(this.rooms.open.size).toBe(0);
  }
}

/** Sets up a bench for each test of the file, and looks after each that nothing is left. */
export function useGatewayBench(): GatewayBench {
  const bench = new GatewayBench();
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    bench.open();
  });
  afterEach(async () => {
    await bench.close();
    vi.useRealTimers();
  });
  return bench;
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** The news of a browser that is heard in `m1`. */
export function consumer(overrides: Partial<GatewayConsumerCreated> = {}): GatewayConsumerCreated {
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
