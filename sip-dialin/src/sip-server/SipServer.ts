import { networkInterfaces } from 'node:os';
import pino, { type Logger } from 'pino';
import { systemClock, type Clock } from './clock.ts';
import type { Command } from './control/command.ts';
import type { ControlClient } from './control/ControlClient.ts';
import { ControlServer } from './control/ControlServer.ts';
import { refused } from './control/wire.ts';
import { Answers } from './core/Answers.ts';
import type { Authorize, Context } from './core/Context.ts';
import { Gate, type Serves } from './core/Gate.ts';
import { InboundRequests } from './core/InboundRequests.ts';
import { LocalAddress } from './core/LocalAddress.ts';
import { OutboundRequests } from './core/OutboundRequests.ts';
import { SessionTimers } from './core/SessionTimers.ts';
import { DialogTable } from './dialog/DialogTable.ts';
import { responseTo } from './message/build.ts';
import type { Parsed } from './message/parseMessage.ts';
import { serialize } from './message/serialize.ts';
import type { SipMessage, SipRequest } from './message/SipMessage.ts';
import { RFC_TIMERS, type SipTimers } from './transaction/timers.ts';
import { TransactionLayer } from './transaction/TransactionLayer.ts';
import type { Peer, Target } from './transport/peer.ts';
import { answerTarget, stampReceived } from './transport/received.ts';
import { SipTransport } from './transport/SipTransport.ts';
import { readTlsFiles, type TlsFiles } from './transport/tlsFiles.ts';
import { tlsWire } from './transport/wires.ts';

export interface SipServerOptions {
  /** Address to listen on. */
  host: string;
  /** UDP and TCP; 0 lets the system choose. */
  port: number;
  /** What Via and Contact say; default: `host`, or this machine's first address when that is a wildcard. */
  announcedAddress?: string;
  /** What applications must give on the control port. */
  secret: string;
  /** Default 0: the system chooses. */
  controlPort?: number;
  /** SIP over TLS as well. */
  tls?: TlsFiles | undefined;
  /**
   * Default: everybody is served. What comes from elsewhere is answered without a transaction, before anybody
   * is asked, so that a flood of it costs next to nothing.
   */
  serves?: Serves;
  /** Answers challenges to session refreshes, which the server sends by itself; default: none are answered. */
  authorize?: Authorize;
  /** Default: silent. */
  logger?: Logger;
  clock?: Clock;
  /** In milliseconds; default: those of RFC 3261. */
  timers?: Partial<SipTimers>;
  /** Of TCP and of TLS; default 1000. See `ConnectionRoom`. */
  maxConnections?: number;
  /** Requests being served at a time, those that linger included; default 20,000. See `TransactionRoom`. */
  maxTransactions?: number;
  /** TCP silence after which a connection that is in use is closed, in milliseconds; default two hours, as calls are long. */
  idleMs?: number;
}

/** Counts of what the server holds; all but the first two return to zero when nobody calls. */
export interface SipServerStats {
  controlClients: number;
  connections: number;
  serverTransactions: number;
  clientTransactions: number;
  dialogs: number;
  /** 2xx answers that wait for their ACK. */
  unacked: number;
  /** INVITEs with provisional answers that wait or waited for their PRACK. */
  unpracked: number;
  /** Datagrams and messages that were no SIP, counted since the start. */
  ignored: number;
}

const DEFAULTS = { maxConnections: 1000, maxTransactions: 20_000, idleMs: 7_200_000 };
const CONNECT_TIMEOUT_MS = 5000;

/**
 * The embedded SIP server: SIP over UDP, TCP and TLS on one side, drachtio's control protocol on the
 * other. Its owner closes it; closing is quiet and does not hang up calls.
 */
export class SipServer {
  readonly #context: Context;
  readonly #transport: SipTransport;
  readonly #sessions: SessionTimers;
  readonly #answers: Answers;
  readonly #inbound: InboundRequests;
  readonly #outbound: OutboundRequests;
  readonly #gate: Gate;
  #ignored = 0;
  #closed = false;
  readonly control: { host: '127.0.0.1'; port: number };
  readonly sip: { host: string; port: number; tlsPort: number | undefined };

  private constructor(parts: {
    options: SipServerOptions;
    transport: SipTransport;
    control: ControlServer;
    controlAddress: { host: '127.0.0.1'; port: number };
  }) {
    const { options, transport, control } = parts;
    const clock = options.clock ?? systemClock;
    const timers = { ...RFC_TIMERS, ...options.timers };
    const local = new LocalAddress(announced(options), transport.port, transport.tlsPort);
    this.#transport = transport;
    this.control = parts.controlAddress;
    this.sip = { host: options.host, port: transport.port, tlsPort: transport.tlsPort };
    const transactions = new TransactionLayer({
      clock,
      timers,
      maxServerTransactions: options.maxTransactions ?? DEFAULTS.maxTransactions,
      send: (message, target) => transport.send(serialize(message), target),
      user: {
        isWithinDialog: (request) => this.#gate.isWithinDialog(request),
        onRequest: (...args) => this.#inbound.onRequest(...args),
        onAck: (...args) => this.#inbound.onAck(...args),
        onOverload: (...args) => this.#inbound.onOverload(...args),
        onServerTerminated: (...args) => this.#inbound.onServerTerminated(...args),
      },
    });
    const log = options.logger ?? pino({ level: 'silent' });
    const send = (message: SipMessage, target: Target): void => {
      transport.send(serialize(message), target).catch(() => undefined);
    };
    const dialogs = new DialogTable<ControlClient>();
    const authorize = options.authorize ?? (() => undefined);
    this.#context = { clock, timers, log, local, transactions, dialogs, control, send, authorize };
    this.#gate = new Gate(this.#context, options.serves ?? (() => true));
    this.#sessions = new SessionTimers(this.#context);
    this.#answers = new Answers(this.#context, this.#sessions);
    this.#inbound = new InboundRequests(this.#context, this.#answers);
    this.#outbound = new OutboundRequests(this.#context, this.#answers.unacked, this.#sessions);
  }

  /** Opens the ports; `AppError('unavailable')` when one is taken, or a certificate cannot be used. */
  static async start(options: SipServerOptions): Promise<SipServer> {
    // Ports come first, since the rest is told what they are; nothing arrives before this returns.
    const holder: { server?: SipServer } = {};
    const { tls } = options;
    const wire = tls === undefined ? undefined : tlsWire(await readTlsFiles(tls));
    const transport = await SipTransport.listen({
      tls: tls === undefined || wire === undefined ? undefined : { port: tls.port, wire },
      host: options.host,
      port: options.port,
      clock: options.clock ?? systemClock,
      maxConnections: options.maxConnections ?? DEFAULTS.maxConnections,
      idleMs: options.idleMs ?? DEFAULTS.idleMs,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      knows: (address) => holder.server?.expects(address) ?? true,
      onMessage: (parsed, peer) => holder.server?.receive(parsed, peer),
    });
    const control = new ControlServer({
      port: options.controlPort ?? 0,
      secret: options.secret,
      hostPorts: () => holder.server?.hostPorts ?? '',
      onSip: (command, client) => holder.server?.obey(command, client),
      onClientGone: (client) => holder.server?.forget(client),
    });
    try {
      const controlAddress = await control.listen();
      holder.server = new SipServer({ options, transport, control, controlAddress });
      return holder.server;
    } catch (error) {
      await transport.close();
      throw error;
    }
  }

  /** As drachtio-server names its ports. */
  get hostPorts(): string {
    return this.#context.local.hostPorts;
  }

  /** Whether the far end of this TLS connection, which called us, has shown a certificate of our CA. */
  certified(host: string, port: number): boolean {
    return this.#transport.certified(host, port);
  }

  stats(): SipServerStats {
    const { control, transactions, dialogs } = this.#context;
    return {
      controlClients: control.size,
      connections: this.#transport.connections,
      serverTransactions: transactions.serverCount,
      clientTransactions: transactions.clientCount,
      dialogs: dialogs.size,
      unacked: this.#answers.unacked.size,
      unpracked: this.#answers.reliable.size,
      ignored: this.#ignored,
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { control, transactions, dialogs } = this.#context;
    const ports = [control.close(), this.#transport.close()];
    this.#outbound.close();
    this.#answers.close();
    this.#sessions.close();
    dialogs.clear();
    transactions.close();
    await Promise.all(ports);
  }

  /** Whether anybody at this address is served. For the transports only. */
  expects(address: string): boolean {
    return this.#gate.expects(address);
  }

  /** Takes what a transport has read. Never throws. For the transports only. */
  receive(parsed: Parsed, peer: Peer): void {
    try {
      if (!this.#closed) this.#take(parsed, peer);
    } catch (error) {
      // What a stranger sends must not end the process, whatever we have overlooked.
      this.#context.log.error({ err: error, peer: peer.host }, 'message not handled');
    }
  }

  /** Takes a `sip` command of an application. Never throws. For the control port only. */
  obey(command: Command, client: ControlClient): void {
    const { message } = command;
    try {
      if (message === undefined) client.send(refused(command.messageId, 'no SIP message'));
      else if (message.kind === 'response') this.#answers.respond(command, message, client);
      else this.#outbound.handle(command, message, client);
    } catch (error) {
      this.#context.log.error({ err: error }, 'command not handled');
      client.send(refused(command.messageId, 'Server error: internal'));
    }
  }

  /** An application has left. For the control port only. */
  forget(client: ControlClient): void {
    this.#inbound.onClientGone(client);
    this.#outbound.onClientGone(client);
  }

  #take(parsed: Parsed, peer: Peer): void {
    if (parsed.outcome === 'ignored') {
      this.#ignored++;
      this.#context.log.debug({ peer: peer.host, why: parsed.why }, 'message ignored');
    } else if (parsed.outcome === 'refused') this.#refuse(parsed, peer);
    else if (parsed.outcome === 'message') {
      const { message } = parsed;
      if (message.kind === 'request') {
        stampReceived(message, peer);
        if (!this.#gate.admits(message, peer)) {
          this.#turnAway(message, peer);
          return;
        }
        peer.connection?.trust();
      }
      this.#context.transactions.receive(message, peer);
    }
  }

  #turnAway(request: SipRequest, peer: Peer): void {
    const response = this.#gate.refusal(request);
    if (response !== undefined) this.#context.send(response, answerTarget(request, peer));
    peer.connection?.dismiss();
  }

  /** Answered without a transaction: the same mistake again gets the same answer again. */
  #refuse({ request, status, reason }: Extract<Parsed, { outcome: 'refused' }>, peer: Peer): void {
    this.#ignored++;
    this.#context.log.debug({ peer: peer.host, status, reason }, 'malformed request refused');
    stampReceived(request, peer);
    this.#context.send(responseTo(request, status, reason), answerTarget(request, peer));
  }
}

function announced({ announcedAddress, host }: SipServerOptions): string {
  if (announcedAddress !== undefined) return announcedAddress;
  if (host !== '0.0.0.0' && host !== '::') return host;
  const family = host === '::' ? 'IPv6' : 'IPv4';
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside = all.find((address) => !address.internal && address.family === family);
  return outside?.address ?? '127.0.0.1';
}
