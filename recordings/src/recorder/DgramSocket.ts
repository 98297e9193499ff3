import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { RtpSocket, TakeDatagram } from './RtpSocket.ts';

/** Bytes the kernel keeps for us while we are busy. */
const RECEIVE_BUFFER = 1024 * 1024;

/** By node:dgram, which is there on any system, and is woken for each datagram. */
export class DgramSocket implements RtpSocket {
  /** They lie in memory. */
  readonly room = Infinity;
  readonly #socket: Socket;
  #kept: { datagram: Buffer; arrivedAt: number }[] = [];
  #isConnected = false;
  #isClosed = false;

  private constructor(socket: Socket, now: () => number) {
    this.#socket = socket;
    socket.on('message', (datagram) => this.#kept.push({ datagram, arrivedAt: now() }));
    // An ICMP error (the peer's port is gone) is no reason to end: the server tells when it is over.
    socket.on('error', () => undefined);
  }

  /** `now`: ms, monotonic. */
  static async open(now: () => number): Promise<DgramSocket> {
    const socket = createSocket({
      type: 'udp4',
      recvBufferSize: RECEIVE_BUFFER,
      // Only addresses come here; resolved at once, so that connect() has effect on return.
      lookup: (address, _, callback) => callback(null, address, 4),
    });
    const listening = once(socket, 'listening');
    socket.bind(0, '127.0.0.1');
    await listening;
    return new DgramSocket(socket, now);
  }

  get port(): number {
    return this.#isClosed ? 0 : this.#socket.address().port;
  }

  connect(ip: string, port: number): void {
    if (this.#isConnected) this.#socket.disconnect();
    this.#isConnected = false;
    this.#socket.connect(port, ip);
    // Throws when it is not connected.
    this.#socket.remoteAddress();
    this.#isConnected = true;
  }

  send(datagram: Uint8Array): void {
    if (this.#isConnected && !this.#isClosed) this.#socket.send(datagram, () => undefined);
  }

  receive(_: number, take: TakeDatagram): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const { datagram, arrivedAt } of kept) take(datagram, arrivedAt);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#kept = [];
    this.#socket.close();
  }
}
