import type { Socket } from 'node:net';
import type { Clock, Timer } from '../clock.ts';
import { FramingError, StreamFramer } from '../message/StreamFramer.ts';

const CRLF = Buffer.from('\r\n');

export interface TcpConnectionOptions {
  socket: Socket;
  clock: Clock;
  /** Silence after which the connection is closed, in milliseconds. */
  idleMs: number;
  onMessage: (data: Buffer, connection: TcpConnection) => void;
  onClose: (connection: TcpConnection) => void;
}

/** One SIP connection, in either direction: framing, keep-alive pings, end after long silence. */
export class TcpConnection {
  readonly #options: TcpConnectionOptions;
  readonly #framer = new StreamFramer();
  #idle: Timer | undefined;
  #closed = false;
  readonly address: string;
  readonly port: number;

  constructor(options: TcpConnectionOptions) {
    this.#options = options;
    const { socket } = options;
    this.address = socket.remoteAddress ?? '';
    this.port = socket.remotePort ?? 0;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#onData(chunk));
    // The 'close' that follows every 'error' does the releasing.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.close());
    this.#restartIdle();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves when the bytes were handed to the system; rejects when the connection is gone. */
  send(data: Buffer): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('connection closed'));
    this.#restartIdle();
    return new Promise((resolve, reject) => {
      this.#options.socket.write(data, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#idle?.cancel();
    this.#options.socket.destroy();
    this.#options.onClose(this);
  }

  #onData(chunk: Buffer): void {
    this.#restartIdle();
    try {
      const { messages, pings } = this.#framer.push(chunk);
      if (pings > 0) this.#options.socket.write(CRLF);
      for (const message of messages) this.#options.onMessage(message, this);
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.close();
    }
  }

  #restartIdle(): void {
    this.#idle?.cancel();
    this.#idle = this.#options.clock.after(this.#options.idleMs, () => this.close());
  }
}
