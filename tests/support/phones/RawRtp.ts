import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { buildRtp } from '../net/rtp.ts';
import type { TimedPacket } from './rtpStream.ts';

/** An RTP port of a phone whose SIP is written by hand. */
export class RawRtp {
  readonly #socket: Socket;
  readonly #timers = new Set<NodeJS.Timeout>();

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(address = '127.0.0.1'): Promise<RawRtp> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new RawRtp(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  onMessage(listener: (data: Buffer) => void): void {
    this.#socket.on('message', listener);
  }

  /** Sends packets at their times to a port of 127.0.0.1; resolves with the last. */
  play(packets: readonly TimedPacket[], port: number): Promise<void> {
    const left = packets.toSorted((a, b) => a.at - b.at);
    const start = performance.now() - (left[0]?.at ?? 0);
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        while (left[0] !== undefined && performance.now() - start >= left[0].at) {
          this.#socket.send(buildRtp(left.shift()!), port, '127.0.0.1');
        }
        if (left.length > 0) return;
        clearInterval(timer);
        this.#timers.delete(timer);
        resolve();
      }, 5);
      this.#timers.add(timer);
    });
  }

  close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}
