import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DgramSocket } from './DgramSocket.ts';
import { NativeSocket } from './NativeSocket.ts';
import type { OpenRtpSocket, RtpSocket } from './RtpSocket.ts';

const now = (): number => performance.now();

const ENGINES: [string, OpenRtpSocket][] = [
  ['dgram', (clock) => DgramSocket.open(clock)],
  ...(process.platform === 'linux'
    ? [['native', async (clock) => NativeSocket.open(clock)!] as [string, OpenRtpSocket]]
    : []),
];

/** What every engine of `RtpSocket` does. */
describe.each(ENGINES)('RtpSocket, %s', (_, open) => {
  let socket: RtpSocket;
  let peer: Socket;
  let heard: { text: string; at: number }[];

  const bound = async (): Promise<Socket> => {
    const made = createSocket('udp4').bind(0, '127.0.0.1');
    await once(made, 'listening');
    return made;
  };
  /** Resolves once the system has taken it. */
  const send = (from: Socket, text: string): Promise<void> =>
    new Promise((sent) => from.send(text, socket.port, '127.0.0.1', () => sent()));
  const receive = (): void => {
    socket.receive(now(), (datagram, at) => heard.push({ text: datagram.toString(), at }));
  };
  const texts = (): string[] => {
    receive();
    return heard.map(({ text }) => text);
  };

  beforeEach(async () => {
    heard = [];
    socket = await open(now);
    peer = await bound();
    socket.connect('127.0.0.1', peer.address().port);
  });
  afterEach(() => {
    socket.close();
    peer.close();
  });

  it('gives what came when it is asked, in order, and each once', async () => {
    for (const text of ['a', '', 'b']) await send(peer, text);
    await vi.waitFor(() => expect(texts()).toEqual(['a', '', 'b']));
    await send(peer, 'c');
    await vi.waitFor(() => expect(texts()).toEqual(['a', '', 'b', 'c']));
  });

  it('tells when each came, not when it was asked', async () => {
    const first = now();
    await send(peer, 'a');
    await vi.waitFor(() => expect(now() - first).toBeGreaterThan(150));
    const second = now();
    await send(peer, 'b');
    await vi.waitFor(() => expect(texts()).toEqual(['a', 'b']));
    const [a, b] = heard.map(({ at }) => at);
    // On a busy machine a datagram may take a while to get in.
    expect(a! - first).toBeLessThan(100);
    expect(a!).toBeGreaterThanOrEqual(first - 1);
    expect(b!).toBeGreaterThanOrEqual(second - 1);
  });

  it('hears nobody but its peer, and another one when it is told so', async () => {
    const other = await bound();
    await send(other, 'stranger');
    await send(peer, 'peer');
    await vi.waitFor(() => expect(texts()).toEqual(['peer']));
    socket.connect('127.0.0.1', other.address().port);
    await send(peer, 'no more');
    await send(other, 'other');
    await vi.waitFor(() => expect(texts()).toEqual(['peer', 'other']));
    other.close();
  });

  it('keeps all of a burst, and what it gave stays as it was', async () => {
    const kept: Buffer[] = [];
    const read = (): number => {
      socket.receive(now(), (datagram) => kept.push(datagram));
      return kept.length;
    };
    const count = Math.min(300, socket.room);
    for (let i = 0; i < count; i++) await send(peer, String(i).padEnd(250, '.'));
    await vi.waitFor(() => expect(read()).toBe(count));
    for (let i = 0; i < count; i++) await send(peer, 'x'.repeat(250));
    await vi.waitFor(() => expect(read()).toBe(2 * count));
    const numbers = kept.slice(0, count).map((datagram) => Number.parseInt(datagram.toString()));
    expect(numbers).toEqual(numbers.map((_number, index) => index));
  });

  it('sends to its peer, and survives one that is gone', async () => {
    const message = once(peer, 'message') as Promise<[Buffer]>;
    socket.send(Buffer.from('report'));
    expect((await message)[0].toString()).toBe('report');
    const gone = await bound();
    const { port } = gone.address();
    await new Promise<void>((closed) => gone.close(closed));
    socket.connect('127.0.0.1', port);
    socket.send(Buffer.from('to nobody'));
    receive();
    socket.connect('127.0.0.1', peer.address().port);
    await send(peer, 'here');
    await vi.waitFor(() => expect(texts()).toEqual(['here']));
  });

  it('closed it gives nothing and sends nothing, twice is silent, and its port is free', async () => {
    await send(peer, 'a');
    const { port } = socket;
    socket.close();
    socket.close();
    receive();
    socket.send(Buffer.from('b'));
    expect(heard).toEqual([]);
    expect(socket.port).toBe(0);
    const next = createSocket('udp4').bind(port, '127.0.0.1');
    await once(next, 'listening');
    next.close();
  });
});

describe('NativeSocket', () => {
  it.runIf(process.platform === 'linux')('does not trust wall time that was set', async () => {
    const clock = 5000;
    const socket = NativeSocket.open(() => clock)!;
    const peer = createSocket('udp4').bind(0, '127.0.0.1');
    await once(peer, 'listening');
    socket.connect('127.0.0.1', peer.address().port);
    peer.send('a', socket.port, '127.0.0.1');
    const times: number[] = [];
    // By this clock it came no time ago, whatever the kernel's says.
    await vi.waitFor(() => {
      socket.receive(clock, (_datagram, at) => times.push(at));
      expect(times).toEqual([5000]);
    });
    socket.close();
    peer.close();
  });
});
