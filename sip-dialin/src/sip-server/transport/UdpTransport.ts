import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Bytes that may wait to be read: bursts of calls come faster than one by one. The system may give less. */
const RECEIVE_BUFFER = 1 << 20;

/** SIP over UDP: one socket for everything, as rport needs (RFC 3581 section 4). */
export class UdpTransport {
  readonly #socket: Socket;
  #closed = false;

  constructor(host: string, onMessage: (data: Buffer, from: RemoteInfo) => void) {
    this.#socket = createSocket({
      type: host.includes(':') ? 'udp6' : 'udp4',
      recvBufferSize: RECEIVE_BUFFER,
    });
    this.#socket.on('message', onMessage);
  }

  /** Binds; gives the port. Rejects with the system's error. */
  async listen(host: string, port: number): Promise<number> {
    this.#socket.bind(port, host);
    await once(this.#socket, 'listening');
    // An ICMP "port unreachable" of some peer is no fault of the socket.
    this.#socket.on('error', () => undefined);
    return this.#socket.address().port;
  }

  send(data: Buffer, address: string, port: number): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('transport closed'));
    return new Promise((resolve, reject) => {
      this.#socket.send(data, port, address, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
  }
}
