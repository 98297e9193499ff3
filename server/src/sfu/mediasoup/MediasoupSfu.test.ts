import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sfuContract } from '../sfuContract.ts';
import { MediasoupSfu, type MediasoupSfuOptions } from './MediasoupSfu.ts';

const options: MediasoupSfuOptions = {
  workers: 1,
  port: 0,
  listenIp: '127.0.0.1',
  announcedAddress: '127.0.0.1',
  logger: pino({ level: 'silent' }),
};

sfuContract('MediasoupSfu', () => MediasoupSfu.start(options));

describe('MediasoupSfu', () => {
  let sfu: MediasoupSfu | undefined;
  afterEach(async () => {
    await sfu?.close();
    sfu = undefined;
  });

  it('spreads routers over its workers, and a worker that dies is replaced', async () => {
    sfu = await MediasoupSfu.start({ ...options, workers: 2 });
    const routers = [await sfu.createRouter(), await sfu.createRouter()];
    const pids = sfu.workerPids;
    const failed = routers.map((router, index) => once(router.events, 'failed').then(() => index));
    process.kill(pids[0]!, 'SIGKILL');
    expect(await Promise.race(failed)).toBe(0);
    await vi.waitFor(() => expect(sfu!.workers).toEqual({ up: 2, wanted: 2 }), 5000);
    expect(sfu.workerPids).toContain(pids[1]);
    expect(sfu.workerPids).not.toContain(pids[0]);
    await expect(sfu.createRouter()).resolves.toBeDefined();
  });

  it('a stream that comes in well has the best score', async () => {
    sfu = await MediasoupSfu.start(options);
    const transport = await (await sfu.createRouter()).createPlainTransport();
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { ip, port, payloadType } = transport.local;
    await transport.connect('127.0.0.1', socket.address().port);
    const producer = await transport.producePlain(4711);
    const score = once(producer.events, 'score');
    // A whole RTP packet (RFC 3550 section 5.1): version 2, sequence number 1.
    const packet = Buffer.alloc(20);
    packet.set([0x80, payloadType, 0, 1]);
    packet.writeUInt32BE(4711, 8);
    socket.send(packet, port, ip);
    expect(await score).toEqual([10]);
    socket.close();
  });

  it('a missing worker is one clear line', async () => {
    await expect(
      MediasoupSfu.start({ ...options, workerBin: '/nonexistent/mediasoup-worker' }),
    ).rejects.toThrow(/The mediasoup worker is missing at \/nonexistent.*npm start/);
  });

  it('a worker that cannot run is one clear line', async () => {
    await expect(MediasoupSfu.start({ ...options, workerBin: '/bin/false' })).rejects.toThrow(
      /worker cannot run/,
    );
  });

  it('ports that would count up beyond the last one are one clear line', async () => {
    await expect(MediasoupSfu.start({ ...options, workers: 2, port: 65_535 })).rejects.toThrow(
      'RTC_PORT: 2 workers count up from it; set it to 65534 at most.',
    );
  });

  it('a WebRTC port that is taken is one clear line', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    await expect(MediasoupSfu.start({ ...options, port })).rejects.toThrow(
      `WebRTC port ${port} on 127.0.0.1 cannot be used; free it, or set RTC_PORT`,
    );
    socket.close();
  });
});
