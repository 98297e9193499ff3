import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../clock.ts';
import { StreamFramer } from '../message/StreamFramer.ts';
import { Backlog } from './Backlog.ts';

const CRLF = Buffer.from('\r\n');
/** How long one may take over the first request, and over the rest of any message, in milliseconds. */
const PATIENCE_MS = 32_000;
/** How long a stranger may stay in all, in milliseconds: its one answer takes no longer. */
const STRANGER_MS = 5_000;
/** How long the far end may take over reading our last words, in milliseconds. */
const FAREWELL_MS = 2_000;

export interface TcpConnectionOptions {
  socket: Socket;
  clock: Clock;
  /** Silence after which the connection is closed, in milliseconds. */
  idleMs: number;
  /** Whether the far end has called us: only then its certificate says who calls. */
  incoming: boolean;
  /** Whether anybody at its address is served. */
  isKnown: boolean;
  onMessage: (data: Buffer, connection: TcpConnection) => void;
  /** Told of a message that is too large, by the head or part of it, before the connection ends. */
  onOversized: (head: Buffer, connection: TcpConnection) => void;
  onClose: (connection: TcpConnection) => void;
}

/** One SIP connection, in either direction: framing, keep-alive pings, end after long silence. */
export class TcpConnection {
  readonly #options: TcpConnectionOptions;
  readonly #framer = new StreamFramer();
  readonly #backlog: Backlog;
  #idle: Timer | undefined;
  /** True while a message is awaited that ought to come soon. */
  #hurry = true;
  /** False until it has earned a long rest. */
  #isTrusted: boolean;
  #closed = false;
  /** Told when it closes: those that wait for an answer on it. */
  readonly lost = new Set<() => void>();
  readonly address: string;
  readonly port: number;
  /** Whether it called us over TLS with a certificate that we trust. */
  readonly certified: boolean;

  constructor(options: TcpConnectionOptions) {
    this.#options = options;
    const { socket, clock } = options;
    this.#backlog = new Backlog({ socket, clock, onStuck: () => this.close() });
    this.#isTrusted = !options.incoming;
    this.certified = options.incoming && socket instanceof TLSSocket && socket.authorized;
    this.address = socket.remoteAddress ?? '';
    this.port = socket.remotePort ?? 0;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#onData(chunk));
    // The 'close' that follows every 'error' does the releasing.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.close());
    this.#restart(options.isKnown ? PATIENCE_MS : STRANGER_MS);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves when the bytes were handed to the system; rejects when the connection is gone. */
  send(data: Buffer): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('connection closed'));
    if (!this.#hurry) this.#restart();
    return new Promise((resolve, reject) => {
      this.#options.socket.write(data, (error) => (error ? reject(error) : resolve()));
      this.#backlog.weigh();
    });
  }

  /**
   * It may rest for long from now on: something was asked over it that we serve. Pings and what is refused do
   * not earn that, or a thousand strangers with one ping each would shut out everybody for hours.
   */
  trust(): void {
    if (this.#isTrusted || this.#closed) return;
    this.#isTrusted = true;
    this.#onProgress(true);
  }

  /** Its far end has got its answer and is no guest of ours: it may go. */
  dismiss(): void {
    if (!this.#isTrusted) this.leave();
  }

  close(): void {
    this.#options.socket.destroy();
    this.#release();
  }

  /**
   * Closes it once the far end has what we have said. What it still sends is read and dropped, since closing
   * on it would reset the connection and take our words along (RFC 9293 section 3.10.4).
   */
  leave(): void {
    if (this.#closed) return;
    const { socket, clock } = this.#options;
    this.#release();
    socket.end();
    const farewell = clock.after(FAREWELL_MS, () => socket.destroy());
    socket.once('close', () => farewell.cancel());
  }

  #release(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#idle?.cancel();
    this.#backlog.close();
    this.#options.onClose(this);
    for (const tell of [...this.lost]) tell();
    this.lost.clear();
  }

  #onData(chunk: Buffer): void {
    if (this.#closed) return;
    const { socket, onMessage, onOversized } = this.#options;
    const { messages, pings, broken } = this.#framer.push(chunk);
    this.#onProgress(messages.length + pings > 0);
    // Who does not read has no use for a pong.
    if (pings > 0 && !socket.writableNeedDrain) socket.write(CRLF);
    for (const message of messages) {
      // The one before may have been the last that we wanted.
      if (this.closed) return;
      onMessage(message, this);
    }
    if (broken === undefined) return;
    if (broken.oversized !== undefined && !this.closed) onOversized(broken.oversized, this);
    this.leave();
  }

  /** To whom is trusted, whole messages and pings give a long rest; a piece of one does not, however often it comes. */
  #onProgress(whole: boolean): void {
    if (!this.#isTrusted) return;
    const begun = this.#framer.pendingBytes > 0;
    if (whole && !begun) {
      this.#hurry = false;
      this.#restart();
    } else if (begun && (whole || !this.#hurry)) {
      this.#hurry = true;
      this.#restart(PATIENCE_MS);
    }
  }

  #restart(atMost = Infinity): void {
    this.#idle?.cancel();
    const ms = Math.min(this.#options.idleMs, atMost);
    this.#idle = this.#options.clock.after(ms, () => this.close());
  }
}
