import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { AppError } from '@switchroom/protocol';
import type { Command } from './command.ts';
import { ControlClient } from './ControlClient.ts';
import { accepted, refused } from './wire.ts';

const LOOPBACK = '127.0.0.1';
/** drachtio-srf switches features on by version: pings need 0.8.2. */
const VERSION = 'v0.9.10-switchroom';

export interface ControlServerOptions {
  /** 0 lets the system choose. */
  port: number;
  secret: string;
  /** What we listen on, as `tcp/host:port,udp/host:port`. */
  hostPorts: () => string;
  /** A `sip` command of a client that has authenticated. */
  onSip: (command: Command, client: ControlClient) => void;
  onClientGone: (client: ControlClient) => void;
}

/** The control port of drachtio: applications connect, authenticate and ask for verbs. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;
  readonly #clients = new Set<ControlClient>();
  /** Whose turn it was last, by verb. */
  readonly #lastServed = new Map<string, ControlClient>();
  #closed = false;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Listens on the loopback address; gives the port. */
  async listen(): Promise<{ host: '127.0.0.1'; port: number }> {
    const { port } = this.#options;
    this.#server.listen(port, LOOPBACK);
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      const message = `The SIP control port ${port} on ${LOOPBACK} cannot be opened`;
      throw new AppError('unavailable', message, { cause: error });
    }
    const address = this.#server.address();
    return {
      host: LOOPBACK,
      port: typeof address === 'object' && address !== null ? address.port : port,
    };
  }

  get size(): number {
    return this.#clients.size;
  }

  /** True when any application is there and authenticated. */
  get connected(): boolean {
    return [...this.#clients].some((client) => client.authenticated);
  }

  /** The verbs that any application asked for, in upper case, without the `cdr:` ones. */
  get verbs(): string[] {
    const all = [...this.#clients].flatMap((client) => [...client.routes]);
    return [...new Set(all)]
      .filter((verb) => !verb.includes(':'))
      .map((verb) => verb.toUpperCase());
  }

  /** The application whose turn it is among those that asked for the verb. */
  select(verb: string): ControlClient | undefined {
    const wanted = verb.toLowerCase();
    const able = [...this.#clients].filter((client) => client.routes.has(wanted));
    const last = this.#lastServed.get(wanted);
    const chosen =
      able[(last === undefined ? 0 : able.indexOf(last) + 1) % Math.max(able.length, 1)];
    if (chosen !== undefined) this.#lastServed.set(wanted, chosen);
    return chosen;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const client of [...this.#clients]) client.close();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(socket: Socket): void {
    if (this.#closed || !isLoopback(socket.remoteAddress)) {
      socket.destroy();
      return;
    }
    const client = new ControlClient({
      socket,
      onCommand: (command, from) => this.#onCommand(command, from),
      onClose: (gone) => this.#onClose(gone),
    });
    this.#clients.add(client);
  }

  #onClose(client: ControlClient): void {
    this.#clients.delete(client);
    for (const [verb, last] of this.#lastServed) {
      if (last === client) this.#lastServed.delete(verb);
    }
    if (!this.#closed) this.#options.onClientGone(client);
  }

  #onCommand(command: Command, client: ControlClient): void {
    if (command.type === 'authenticate') this.#authenticate(command, client);
    else if (!client.authenticated) client.dismiss(refused(command.messageId, 'not authenticated'));
    else this.#obey(command, client);
  }

  #authenticate({ messageId, fields }: Command, client: ControlClient): void {
    client.authenticated = sameSecret(fields[0] ?? '', this.#options.secret);
    if (!client.authenticated) {
      client.dismiss(refused(messageId, 'incorrect secret'));
      return;
    }
    const hostPorts = this.#options.hostPorts();
    client.send(accepted(messageId, hostPorts, VERSION, hostPorts));
  }

  #obey(command: Command, client: ControlClient): void {
    const { messageId, type, fields } = command;
    const verb = (fields[0] ?? '').toLowerCase();
    if (type === 'sip') this.#options.onSip(command, client);
    else if (type === 'ping') client.send(accepted(messageId));
    else if (type === 'route' && verb !== '') {
      client.routes.add(verb);
      client.send(accepted(messageId));
    } else if (type === 'remove_route' && client.routes.delete(verb)) {
      client.send(accepted(messageId));
    } else if (type === 'proxy') {
      client.send(refused(messageId, 'proxying is not built'));
    } else client.send(refused(messageId, 'unknown request'));
  }
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:127\.|::1$|::ffff:127\.)/.test(address);
}

/** Compares in constant time, whatever the lengths. */
function sameSecret(given: string, wanted: string): boolean {
  const digest = (text: Buffer): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(Buffer.from(given, 'latin1')), digest(Buffer.from(wanted)));
}
