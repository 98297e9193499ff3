import type { GatewayConsumerCreated } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Talker } from '../testing/talker.ts';
import type { GatewaySocket } from './request.ts';
import { RoomLink } from './RoomLink.ts';
import type { RtpSocket, TakeDatagram } from './RtpSocket.ts';

const TALKER = new Talker(1, [Uint8Array.of(0xf8, 1, 2, 3, 4)]);

/** What was sent waits in it. */
class FakeSocket implements RtpSocket {
  readonly port = 4000;
  readonly waiting: { datagram: Buffer; at: number }[] = [];
  readonly room: number;
  isClosed = false;

  constructor(room: number) {
    this.room = room;
  }

  connect(): void {}
  send(): void {}

  receive(_: number, take: TakeDatagram): void {
    for (const { datagram, at } of this.waiting.splice(0)) take(datagram, at);
  }

  close(): void {
    this.isClosed = true;
  }
}

/** Acks whatever it is asked. */
const signaling = {
  timeout: () => ({
    emitWithAck: async () => ({ ok: true, value: { transportId: 't', ip: '127.0.0.1', port: 1 } }),
  }),
} as unknown as GatewaySocket;

function consumer(ssrc: number): GatewayConsumerCreated {
  const participant = { id: `p${ssrc}`, name: 'P', kind: 'browser' as const };
  const more = { meetingId: 'm', transportId: 't', consumerId: `c${ssrc}` };
  return { ...more, ssrc, participant, payloadType: 111 };
}

describe('RoomLink', () => {
  let socket: FakeSocket;
  let link: RoomLink;
  let clock = 1000;
  let heard: { from: string; at: number }[];

  const make = async (room: number): Promise<void> => {
    socket = new FakeSocket(room);
    heard = [];
    link = new RoomLink({
      ...{ meetingId: 'm', signaling, now: () => clock, openSocket: async () => socket },
      onPacket: (from, _packet, at) => heard.push({ from, at }),
    });
    await link.open();
  };
  const comes = (index: number, at: number): void => {
    socket.waiting.push({ datagram: TALKER.datagram(index), at });
  };

  beforeEach(() => {
    vi.useFakeTimers();
    clock = 1000;
  });
  afterEach(() => {
    link.close();
    vi.useRealTimers();
  });

  it('takes what came when it is asked, as of when it came', async () => {
    await make(1000);
    link.addConsumer(consumer(1));
    comes(0, 1020);
    comes(1, 1040);
    expect(heard).toEqual([]);
    link.receive(1100);
    expect(heard).toEqual([
      { from: 'p1', at: 1020 },
      { from: 'p1', at: 1040 },
    ]);
    expect(link.counts).toMatchObject([{ consumerId: 'c1', received: 2 }]);
  });

  it('what came before a consumer is nobody’s, and what came before its end is its own', async () => {
    await make(1000);
    comes(0, 990);
    link.addConsumer(consumer(1));
    expect(link.stats.unknownSsrc).toBe(1);
    comes(1, 1020);
    link.removeConsumer('c1');
    comes(2, 1040);
    link.receive(1100);
    expect(heard).toEqual([{ from: 'p1', at: 1020 }]);
    expect(link.stats.unknownSsrc).toBe(2);
  });

  it('what came before it is closed is heard', async () => {
    await make(1000);
    link.addConsumer(consumer(1));
    comes(0, 1020);
    link.close();
    link.close();
    expect(heard).toHaveLength(1);
    expect(socket.isClosed).toBe(true);
  });

  it('has no timer, but reads a room between ticks whose socket could not keep what comes until then', async () => {
    await make(100);
    for (const ssrc of [1, 2, 3, 4, 5]) link.addConsumer(consumer(ssrc));
    expect(vi.getTimerCount()).toBe(0);
    link.addConsumer(consumer(6));
    expect(vi.getTimerCount()).toBe(1);
    comes(0, 1010);
    vi.advanceTimersByTime(20);
    expect(heard).toHaveLength(1);
    link.removeConsumer('c6');
    expect(vi.getTimerCount()).toBe(0);
    link.addConsumer(consumer(7));
    link.close();
    for (const ssrc of [11, 12, 13, 14, 15, 16]) link.addConsumer(consumer(ssrc));
    expect(vi.getTimerCount()).toBe(0);
  });
});
