import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bindUdp, UDP_ENGINES } from './bindUdp.ts';
import type { UdpPort } from './UdpPort.ts';

const HOST = '127.0.0.1';
const open: UdpPort[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((port) => port.close()));
});

it('the native engine is built where tests run', () => {
  expect(UDP_ENGINES).toContain(process.platform === 'linux' ? 'native' : 'dgram');
});

/** What every engine of `UdpPort` does. */
describe.each(UDP_ENGINES)('UdpPort, %s', (engine) => {
  const bind = async (host = HOST, port = 0): Promise<UdpPort> => {
    const bound = await bindUdp(host, port, engine);
    open.push(bound);
    return bound;
  };
  const listen = (port: UdpPort): string[] => {
    const heard: string[] = [];
    port.onMessage = (data) => heard.push(data.toString());
    return heard;
  };

  it('hears only the peer it is connected to, and all again when disconnected', async () => {
    const [port, friend, stranger] = [await bind(), await bind(), await bind()];
    const heard = listen(port);
    port.connect(friend.local);
    expect(port.connectedTo).toEqual(friend.local);
    stranger.send(Buffer.from('stranger'), port.local);
    friend.send(Buffer.from('friend'), port.local);
    await vi.waitFor(() => expect(heard).toEqual(['friend']));
    port.disconnect();
    stranger.send(Buffer.from('now'), port.local);
    await vi.waitFor(() => expect(heard).toEqual(['friend', 'now']));
  });

  it('tells where each datagram came from', async () => {
    const [port, a, b] = [await bind(), await bind(), await bind()];
    const heard: [string, number][] = [];
    port.onMessage = (data, from) => heard.push([data.toString(), from.port]);
    for (const [sender, text] of [
      [a, '1'],
      [a, '2'],
      [b, '3'],
      [a, '4'],
    ] as const) {
      sender.send(Buffer.from(text), port.local);
    }
    await vi.waitFor(() => expect(heard).toHaveLength(4));
    const [ofA, ofB] = [a.local.port, b.local.port];
    expect(heard).toEqual([
      ['1', ofA],
      ['2', ofA],
      ['3', ofB],
      ['4', ofA],
    ]);
  });

  it('bound to all addresses, it knows its own once connected', async () => {
    const [port, peer] = [await bind('0.0.0.0'), await bind()];
    expect(port.local.ip).toBe('0.0.0.0');
    const number = port.local.port;
    port.connect(peer.local);
    expect(port.local).toEqual({ ip: HOST, port: number });
  });

  it('speaks IPv6', async () => {
    const [port, peer] = [await bind('::1'), await bind('::1')];
    const from: unknown[] = [];
    port.onMessage = (_, address) => from.push(address);
    peer.send(Buffer.from('x'), port.local);
    await vi.waitFor(() => expect(from).toEqual([{ ip: '::1', port: peer.local.port }]));
    port.connect(peer.local);
    expect(port.connectedTo).toEqual(peer.local);
  });

  it('gives all of a burst, in order, and what it gave stays as it was', async () => {
    const [port, peer] = [await bind(), await bind()];
    const kept: Buffer[] = [];
    port.onMessage = (data) => kept.push(data);
    peer.connect(port.local);
    const sent = Buffer.alloc(1000);
    // As many at a time as the system keeps for a socket.
    for (let i = 0; i < 200; i++) {
      peer.send(sent.fill(i));
      if (i % 50 === 49) await vi.waitFor(() => expect(kept).toHaveLength(i + 1));
    }
    kept.forEach((data, i) => expect(data.equals(Buffer.alloc(1000, i))).toBe(true));
    expect([peer.stats.sent, port.stats.received]).toEqual([200, 200]);
  });

  it('survives a handler that throws, a peer that is gone, and being closed twice', async () => {
    const [port, peer] = [await bind(), await bind()];
    port.onMessage = () => {
      throw new Error('broken');
    };
    peer.send(Buffer.from('x'), port.local);
    await vi.waitFor(() => expect(port.stats.errors).toBe(1));
    port.connect(peer.local);
    await peer.close();
    await peer.close();
    peer.send(Buffer.from('x'), port.local);
    peer.connect(port.local);
    expect(peer.local).toEqual({ ip: '', port: 0 });
    await vi.waitFor(() => {
      port.send(Buffer.from('x'));
      expect(port.stats.errors).toBeGreaterThan(1);
    });
  });

  it('hears nothing more once closed, also by its own handler', async () => {
    const [port, peer] = [await bind(), await bind()];
    const heard: string[] = [];
    port.onMessage = (data) => {
      heard.push(data.toString());
      void port.close();
    };
    peer.send(Buffer.from('1'), port.local);
    peer.send(Buffer.from('2'), port.local);
    const other = await bind();
    const answered = listen(other);
    peer.send(Buffer.from('3'), other.local);
    await vi.waitFor(() => expect(answered).toEqual(['3']));
    expect(heard).toEqual(['1']);
  });

  it('says by code why a port cannot be had, and gives it back', async () => {
    const port = await bind();
    const { port: number } = port.local;
    await expect(bindUdp(HOST, number, engine)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(bindUdp('192.0.2.1', 0, engine)).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
    await port.close();
    expect((await bind(HOST, number)).local.port).toBe(number);
  });

  it('gives its ports back when its thread is ended without a word', async () => {
    const source = new URL('./bindUdp.ts', import.meta.url).href;
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       import(${JSON.stringify(source)}).then(async ({ bindUdp }) => {
         const port = await bindUdp('${HOST}', 0, '${engine}');
         port.onMessage = () => undefined;
         parentPort.postMessage(port.local.port);
       });`,
      { eval: true },
    );
    const [number] = (await once(worker, 'message')) as [number];
    await expect(bindUdp(HOST, number, engine)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await worker.terminate();
    expect((await bind(HOST, number)).local.port).toBe(number);
  });
});
