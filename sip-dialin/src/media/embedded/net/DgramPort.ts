import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { RtpAddress } from '../../PhoneMedia.ts';
import type { DatagramHandler, UdpPort } from './UdpPort.ts';

/** By node:dgram, which is there on any system. */
export class DgramPort implements UdpPort {
  readonly stats = { sent: 0, received: 0, errors: 0 };
  onMessage: DatagramHandler | undefined;
  readonly #socket: Socket;
  #connected: RtpAddress | undefined;
  #closing: Promise<void> | undefined;

  /** Errors: what `bind` gives, such as EADDRINUSE. `port` 0 takes any that is free. */
  static async bind(host: string, port: number): Promise<DgramPort> {
    const socket = await bound(host, port);
    if (port !== 0) return new DgramPort(socket);
    // Linux takes a port of its own choice back on disconnect(), but not one that was asked for.
    const chosen = socket.address().port;
    await new Promise<void>((resolve) => socket.close(resolve));
    return new DgramPort(await bound(host, chosen));
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    // ICMP "port unreachable" comes as an error of a connected socket: the peer is not there yet.
    socket.on('error', () => (this.stats.errors += 1));
    socket.on('message', (data, { address: ip, port }) => {
      this.stats.received += 1;
      const peer = this.#connected;
      try {
        // What came before connect() may be another's.
        this.onMessage?.(data, peer?.port === port && peer.ip === ip ? peer : { ip, port });
      } catch {
        this.stats.errors += 1; // A datagram is never reason enough to end the process.
      }
    });
  }

  get local(): RtpAddress {
    const { address, port } = this.#closing ? { address: '', port: 0 } : this.#socket.address();
    return { ip: address, port };
  }

  get connectedTo(): RtpAddress | undefined {
    return this.#connected;
  }

  send(data: Uint8Array, to?: RtpAddress): void {
    if (this.#closing) return;
    try {
      // A callback would be another task a packet; errors come by the 'error' event, or not at all.
      if (this.#connected) this.#socket.send(data);
      else if (to) this.#socket.send(data, to.port, to.ip);
      else return;
      this.stats.sent += 1;
    } catch {
      this.stats.errors += 1;
    }
  }

  connect(to: RtpAddress): void {
    if (this.#closing) return;
    this.disconnect();
    try {
      this.#socket.connect(to.port, to.ip);
      this.#socket.remoteAddress(); // Throws when it is not connected.
      this.#connected = { ip: to.ip, port: to.port };
    } catch {
      this.stats.errors += 1; // Unconnected it works as well.
    }
  }

  disconnect(): void {
    if (!this.#connected || this.#closing) return;
    this.#connected = undefined;
    try {
      this.#socket.disconnect();
    } catch {
      this.stats.errors += 1;
    }
  }

  close(): Promise<void> {
    this.onMessage = undefined;
    this.#closing ??= new Promise((resolve) => this.#socket.close(() => resolve()));
    return this.#closing;
  }
}

async function bound(host: string, port: number): Promise<Socket> {
  const socket = createSocket({
    type: isIPv6(host) ? 'udp6' : 'udp4',
    // Only addresses come here; resolved at once, so that connect() has effect on return.
    lookup: (address, options, callback) => {
      const family = typeof options === 'object' ? Number(options.family) : Number(options);
      callback(null, address, family);
    },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, host, resolve);
  });
  socket.removeAllListeners('error');
  return socket;
}
