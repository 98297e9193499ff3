import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Clock } from '../clock.ts';
import { hostPort } from '../message/uri.ts';
import { ConnectionRoom } from './ConnectionRoom.ts';
import { TcpConnection } from './TcpConnection.ts';
import type { Far, Wire } from './wires.ts';

export interface TcpTransportOptions {
  wire: Wire;
  clock: Clock;
  /** Connections beyond this are closed at once, some earlier: see `ConnectionRoom`. */
  maxConnections: number;
  /** Whether anybody at this address is served. */
  knows: (address: string) => boolean;
  idleMs: number;
  connectTimeoutMs: number;
  onMessage: (data: Buffer, connection: TcpConnection) => void;
  /** See `TcpConnection`. */
  onOversized: (head: Buffer, connection: TcpConnection) => void;
}

/** SIP over TCP or TLS: the listener, and every connection by its far end, so that they are used again. */
export class TcpTransport {
  readonly #options: TcpTransportOptions;
  readonly #server: Server;
  readonly #byPeer = new Map<string, TcpConnection>();
  readonly #connecting = new Map<string, Promise<TcpConnection>>();
  readonly #room: ConnectionRoom;
  /** All that came in and are open, those that shake hands or take their leave included. */
  readonly #raw = new Set<Socket>();
  #closed = false;

  constructor(options: TcpTransportOptions) {
    this.#options = options;
    this.#room = new ConnectionRoom(options.maxConnections);
    const accept = options.wire.acceptor((socket) => this.#accept(socket));
    this.#server = createServer((raw) => {
      if (this.#admits(raw)) accept(raw);
      else raw.destroy();
    });
  }

  get size(): number {
    return this.#byPeer.size;
  }

  /** Whether the far end of this connection called us with a certificate that we trust. */
  certified(host: string, port: number): boolean {
    return this.#byPeer.get(hostPort(host, port))?.certified === true;
  }

  /** Listens; gives the port. Rejects with the system's error. */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    // From now on an error of the listener (too many open files) concerns one connection only.
    this.#server.on('error', () => undefined);
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Sends over the open connection to this address, or a new one; gives it. */
  async send(data: Buffer, far: Far): Promise<TcpConnection> {
    const key = this.#options.wire.keyOf(far);
    const open = this.#byPeer.get(key);
    const connection = open ?? (await (this.#connecting.get(key) ?? this.#connect(key, far)));
    // Where we send of our own accord, we want to hear what comes back.
    connection.trust();
    await connection.send(data);
    return connection;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const connection of [...this.#byPeer.values()]) connection.close();
    for (const raw of this.#raw) raw.destroy();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** Those that are still shaking hands count too. */
  #admits(raw: Socket): boolean {
    const { remoteAddress: address } = raw;
    if (this.#closed || address === undefined) return false;
    const leave = this.#room.enter(address, this.#options.knows(address));
    if (leave === undefined) return false;
    this.#raw.add(raw);
    raw.once('close', () => {
      this.#raw.delete(raw);
      leave();
    });
    return true;
  }

  #accept(socket: Socket): void {
    if (this.#closed || socket.remoteAddress === undefined) socket.destroy();
    else this.#adopt(socket, hostPort(socket.remoteAddress, socket.remotePort ?? 0), true);
  }

  #adopt(socket: Socket, key: string, incoming: boolean): TcpConnection {
    const connection = new TcpConnection({
      socket,
      incoming,
      isKnown: !incoming || this.#options.knows(socket.remoteAddress ?? ''),
      clock: this.#options.clock,
      idleMs: this.#options.idleMs,
      onMessage: this.#options.onMessage,
      onOversized: this.#options.onOversized,
      onClose: (closed) => {
        if (this.#byPeer.get(key) === closed) this.#byPeer.delete(key);
      },
    });
    this.#byPeer.set(key, connection);
    return connection;
  }

  #connect(key: string, far: Far): Promise<TcpConnection> {
    const opening = this.#open(key, far).finally(() => this.#connecting.delete(key));
    this.#connecting.set(key, opening);
    return opening;
  }

  #open(key: string, far: Far): Promise<TcpConnection> {
    return new Promise((resolve, reject) => {
      const socket = this.#options.wire.connect(far);
      const timer = this.#options.clock.after(this.#options.connectTimeoutMs, () => {
        socket.destroy(new Error('connect timed out'));
      });
      const fail = (error: Error): void => {
        timer.cancel();
        reject(error);
      };
      socket.once('error', fail);
      socket.once(this.#options.wire.ready, () => {
        timer.cancel();
        socket.off('error', fail);
        if (this.#closed) {
          socket.destroy();
          reject(new Error('transport closed'));
        } else resolve(this.#adopt(socket, key, false));
      });
    });
  }
}
