import type { Clock } from '../clock.ts';
import { tagOf } from '../message/nameAddr.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/SipMessage.ts';
import type { Peer, Target } from '../transport/peer.ts';
import { answerTarget } from '../transport/received.ts';
import type { ClientFailure, ClientTransaction } from './ClientTransaction.ts';
import { InviteClientTransaction } from './InviteClientTransaction.ts';
import { InviteServerTransaction } from './InviteServerTransaction.ts';
import { clientKey, mergeKey, serverKey } from './keys.ts';
import { NonInviteClientTransaction } from './NonInviteClientTransaction.ts';
import { NonInviteServerTransaction } from './NonInviteServerTransaction.ts';
import type { ServerTransaction } from './ServerTransaction.ts';
import type { SipTimers } from './timers.ts';
import { TransactionRoom } from './TransactionRoom.ts';

/** Who is told of what no transaction could settle (the "transaction user" of RFC 3261). */
export interface TransactionUser {
  isWithinDialog(request: SipRequest): boolean;
  /** A new request; `merged` when the same one is being served over another path. */
  onRequest(transaction: ServerTransaction, peer: Peer, merged: boolean): void;
  /** An ACK that belongs to a 2xx, or to nothing. */
  onAck(request: SipRequest, peer: Peer): void;
  /** A request for which there is no room. */
  onOverload(request: SipRequest, peer: Peer): void;
  onServerTerminated(transaction: ServerTransaction): void;
}

export interface ClientHandlers {
  onResponse: (response: SipResponse) => void;
  onFailure: (failure: ClientFailure) => void;
  onTerminated: () => void;
}

export interface TransactionLayerOptions {
  clock: Clock;
  timers: SipTimers;
  /** Server transactions beyond this are refused, some earlier: see `TransactionRoom`. */
  maxServerTransactions: number;
  /** Gives the connection it went over, if any; rejects when the message cannot be sent. */
  send: (message: SipMessage, target: Target) => Promise<Peer['connection']>;
  user: TransactionUser;
}

/** Matches messages to transactions (RFC 3261 sections 17.1.3 and 17.2.3) and holds them all. */
export class TransactionLayer {
  readonly #options: TransactionLayerOptions;
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #merged = new Map<string, ServerTransaction>();
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #room: TransactionRoom;

  constructor(options: TransactionLayerOptions) {
    this.#options = options;
    this.#room = new TransactionRoom(options.maxServerTransactions);
  }

  get serverCount(): number {
    return this.#servers.size;
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  /** Whether a request is one again that is being served, or the ACK or CANCEL of one. */
  knows(request: SipRequest): boolean {
    const isOfInvite = request.method === 'ACK' || request.method === 'CANCEL';
    if (isOfInvite && this.inviteOf(request) !== undefined) return true;
    return this.#servers.has(serverKey(request));
  }

  /** Takes a well-formed message from the network. */
  receive(message: SipMessage, peer: Peer): void {
    if (message.kind === 'response') {
      const { host, port, connection } = peer;
      message.source = { host, port, connection };
      const transaction = this.#clients.get(clientKey(message));
      if (transaction !== undefined) connection?.trust();
      transaction?.received(message);
    } else if (message.method === 'ACK') this.#receiveAck(message, peer);
    else this.#receiveRequest(message, peer);
  }

  /** The INVITE that a CANCEL is about (section 9.2). */
  inviteOf(cancel: SipRequest): InviteServerTransaction | undefined {
    const found = this.#servers.get(serverKey(cancel, 'INVITE'));
    return found instanceof InviteServerTransaction ? found : undefined;
  }

  /** Sends a request in a new client transaction. Its topmost Via must have a fresh branch. */
  request(request: SipRequest, target: Target, handlers: ClientHandlers): ClientTransaction {
    const { clock, timers } = this.#options;
    const key = clientKey(request);
    let connection: Peer['connection'];
    const failed = (): void => transaction.transportFailed();
    const send = (message: SipRequest): void => {
      this.#options.send(message, target).then((used) => {
        // A connection that goes before anything has come is as good as none (RFC 3261 section 18.4).
        connection = this.#clients.get(key) === transaction ? used : undefined;
        if (connection?.closed === true) failed();
        else connection?.lost.add(failed);
      }, failed);
    };
    const onTerminated = (): void => {
      connection?.lost.delete(failed);
      this.#clients.delete(key);
      handlers.onTerminated();
    };
    const Machine =
      request.method === 'INVITE' ? InviteClientTransaction : NonInviteClientTransaction;
    const reliable = target.transport !== 'udp';
    const transaction: ClientTransaction = new Machine({
      ...handlers,
      ...{ request, reliable, clock, timers, send, onTerminated },
    });
    this.#clients.set(key, transaction);
    return transaction;
  }

  /** Ends everything quietly. */
  close(): void {
    for (const transaction of [...this.#servers.values()]) transaction.terminate();
    for (const transaction of [...this.#clients.values()]) transaction.terminate();
  }

  #receiveAck(ack: SipRequest, peer: Peer): void {
    const invite = this.inviteOf(ack);
    // In "accepted" the ACK, should it reuse the branch, is one of a 2xx (RFC 6026 section 7.1).
    if (invite === undefined || invite.state === 'accepted') this.#options.user.onAck(ack, peer);
    else invite.acknowledged();
  }

  #receiveRequest(request: SipRequest, peer: Peer): void {
    const key = serverKey(request);
    const known = this.#servers.get(key);
    if (known !== undefined) {
      known.retransmitted();
      return;
    }
    const isOfCall =
      this.#options.user.isWithinDialog(request) || this.inviteOf(request) !== undefined;
    if (!this.#room.enter(peer.host, isOfCall)) {
      this.#options.user.onOverload(request, peer);
      return;
    }
    const initial = tagOf(request.headers.get('To')) === undefined && request.method !== 'CANCEL';
    const merge = initial ? mergeKey(request) : undefined;
    const merged = merge !== undefined && this.#merged.has(merge);
    const transaction = this.#open(request, peer, key, merged ? undefined : merge);
    this.#options.user.onRequest(transaction, peer, merged);
  }

  #open(
    request: SipRequest,
    peer: Peer,
    key: string,
    merge: string | undefined,
  ): ServerTransaction {
    const { clock, timers, user } = this.#options;
    const target = answerTarget(request, peer);
    const Machine =
      request.method === 'INVITE' ? InviteServerTransaction : NonInviteServerTransaction;
    const transaction: ServerTransaction = new Machine({
      ...{ request, clock, timers, reliable: peer.transport !== 'udp' },
      send: (response) => {
        // An answer that cannot be delivered is for the client's timers to notice (section 17.2.4).
        this.#options.send(response, target).catch(() => undefined);
      },
      onTerminated: () => {
        this.#servers.delete(key);
        this.#room.leave(peer.host);
        if (merge !== undefined) this.#merged.delete(merge);
        user.onServerTerminated(transaction);
      },
    });
    this.#servers.set(key, transaction);
    if (merge !== undefined) this.#merged.set(merge, transaction);
    return transaction;
  }
}
