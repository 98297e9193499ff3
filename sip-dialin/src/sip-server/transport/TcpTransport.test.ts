import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/FakeClock.ts';
import { until } from '../testing/until.ts';
import type { TcpConnection } from './TcpConnection.ts';
import { TcpTransport } from './TcpTransport.ts';
import { plainWire } from './wires.ts';

const IDLE_MS = 7_200_000;
const MESSAGE = 'OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n';

let clock: FakeClock;
let transport: TcpTransport;
let port: number;
let isKnown: boolean;
let messages: number;
let onMessage: (connection: TcpConnection) => void;
const sockets: Socket[] = [];

beforeEach(async () => {
  clock = new FakeClock();
  isKnown = true;
  messages = 0;
  onMessage = () => undefined;
  transport = new TcpTransport({
    ...{ wire: plainWire, clock, maxConnections: 1000, idleMs: IDLE_MS, connectTimeoutMs: 5000 },
    knows: () => isKnown,
    onOversized: () => undefined,
    onMessage: (_data, connection) => {
      messages++;
      onMessage(connection);
    },
  });
  port = await transport.listen('127.0.0.1', 0);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await transport.close();
  await until('no timer to be left', () => clock.pending === 0);
});

/** A far end, and what it got. */
async function dial(): Promise<{ socket: Socket; read: () => string }> {
  const before = transport.size;
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  await until('the connection', () => transport.size > before || socket.destroyed);
  return { socket, read: () => text };
}

/** How long it stays, to a second, when it pings each second. */
async function stays(far: { socket: Socket; read: () => string }): Promise<number> {
  for (let second = 0; ; second++) {
    if (transport.size === 0) return second;
    const pongs = far.read().length;
    far.socket.write('\r\n\r\n');
    await until('the pong', () => far.read().length > pongs);
    clock.advance(1000);
  }
}

describe('how long a connection may rest', () => {
  it('a stranger five seconds, however often it pings', async () => {
    isKnown = false;
    expect(await stays(await dial())).toBe(5);
  });

  it('a known source that asks for nothing 32 s', async () => {
    expect(await stays(await dial())).toBe(32);
  });

  it('who is served two hours from the last ping or message on', async () => {
    onMessage = (connection) => connection.trust();
    const far = await dial();
    far.socket.write(MESSAGE);
    await until('the message', () => messages === 1);
    clock.advance(IDLE_MS - 1);
    far.socket.write('\r\n\r\n');
    await until('the pong', () => far.read() !== '');
    clock.advance(IDLE_MS - 1);
    expect(transport.size).toBe(1);
    clock.advance(1);
    expect(transport.size).toBe(0);
  });

  it('who is served 32 s over the rest of a message that has begun', async () => {
    onMessage = (connection) => connection.trust();
    const far = await dial();
    far.socket.write(MESSAGE + MESSAGE.slice(0, 10));
    await until('the message', () => messages === 1);
    clock.advance(31_999);
    expect(transport.size).toBe(1);
    clock.advance(1);
    expect(transport.size).toBe(0);
  });

  it('who is dismissed until it has read its answer; what it asks meanwhile is not heard', async () => {
    isKnown = false;
    onMessage = (connection) => {
      void connection.send(Buffer.from('no'));
      connection.dismiss();
    };
    const far = await dial();
    far.socket.write(MESSAGE + MESSAGE);
    await once(far.socket, 'close');
    expect(far.read()).toBe('no');
    expect(messages).toBe(1);
  });

  it('who is dismissed and does not go two seconds more', async () => {
    onMessage = (connection) => connection.dismiss();
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(MESSAGE);
    await once(socket, 'end');
    expect(clock.pending).toBe(1);
    clock.advance(2000);
    await until('the reset', () => {
      socket.write('x');
      return socket.destroyed;
    });
  });
});

describe('how many connections there may be', () => {
  it('of one stranger ten, and of a known source more', async () => {
    isKnown = false;
    for (let i = 0; i < 10; i++) await dial();
    const { socket } = await dial();
    if (!socket.destroyed) await once(socket, 'close');
    expect(transport.size).toBe(10);
    isKnown = true;
    await dial();
    expect(transport.size).toBe(11);
  });

  it('forgets those that are gone', async () => {
    isKnown = false;
    for (let i = 0; i < 30; i++) {
      const { socket } = await dial();
      socket.destroy();
      await until('it to be gone', () => transport.size === 0);
    }
  });
});

describe('a far end that asks and does not read', () => {
  it('is given up before its answers fill the memory', async () => {
    const answer = Buffer.alloc(60_000);
    onMessage = (connection) => {
      connection.trust();
      connection.send(answer).catch(() => undefined);
    };
    const { socket } = await dial();
    socket.pause();
    await until('it to be given up', () => {
      socket.write(MESSAGE.repeat(20));
      return transport.size === 0;
    });
    // Most of it is what the system's own buffers take.
    expect(messages * answer.length).toBeLessThan(50_000_000);
  });
});
