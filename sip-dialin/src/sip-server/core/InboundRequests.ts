import { randomInt } from 'node:crypto';
import type { ControlClient } from '../control/ControlClient.ts';
import { sipMessage } from '../control/wire.ts';
import { responseTo } from '../message/build.ts';
import { tagOf } from '../message/nameAddr.ts';
import { cseqOf, type SipRequest } from '../message/SipMessage.ts';
import type { ServerTransaction } from '../transaction/ServerTransaction.ts';
import type { TransactionUser } from '../transaction/TransactionLayer.ts';
import type { Peer } from '../transport/peer.ts';
import { answerTarget } from '../transport/received.ts';
import { examine, unserved } from './admission.ts';
import type { Answers } from './Answers.ts';
import type { Context, SipDialog } from './Context.ts';
import { redactUri, shorten } from './redactUri.ts';
import { ServedRequest } from './ServedRequest.ts';
import { passageOf, record, tellCanceled } from './tell.ts';

/** Requests that make sense within a dialog only (RFC 3261 section 15, RFC 3262, RFC 3311). */
const DIALOG_ONLY = new Set(['BYE', 'PRACK', 'UPDATE']);

/** What the network asks of us: judged, matched to dialogs and passed to the applications. */
export class InboundRequests implements Omit<TransactionUser, 'isWithinDialog'> {
  readonly #context: Context;
  readonly #answers: Answers;
  readonly #served = new Map<ServerTransaction, ServedRequest>();

  constructor(context: Context, answers: Answers) {
    this.#context = context;
    this.#answers = answers;
  }

  onRequest(transaction: ServerTransaction, peer: Peer, merged: boolean): void {
    const served = new ServedRequest(transaction, peer);
    this.#served.set(transaction, served);
    this.#answers.track(served);
    const { method, callId, request } = served;
    const about = { method, callId: shorten(callId), peer: peer.host, uri: redactUri(request.uri) };
    this.#context.log[method === 'OPTIONS' ? 'debug' : 'info'](about, 'request received');
    const refusal = merged ? { status: 482 } : examine(request);
    if (refusal !== undefined) this.#refuse(served, refusal);
    else if (method === 'CANCEL') this.#cancel(served);
    else if (served.initial) this.#outsideDialog(served);
    else this.#withinDialog(served);
  }

  onAck(ack: SipRequest, peer: Peer): void {
    const tags = [
      tagOf(ack.headers.get('To')) ?? '',
      tagOf(ack.headers.get('From')) ?? '',
    ] as const;
    const dialog = this.#context.dialogs.byTags(ack.headers.get('Call-ID') ?? '', ...tags);
    if (dialog === undefined) return;
    const known = this.#answers.unacked.awaited(dialog, cseqOf(ack)?.seq ?? 0);
    if (known === undefined) return;
    // drachtio-server leaves the transport of an ACK empty, and names a re-INVITE's ACK anew.
    const passage = passageOf(this.#context, { ...peer, transport: '' }, known, dialog.id);
    dialog.owner.send(sipMessage('network', ack, passage));
    this.#answers.unacked.drop(dialog);
  }

  onOverload(request: SipRequest, peer: Peer): void {
    if (request.method === 'ACK') return;
    const response = responseTo(request, 503);
    response.headers.append('Retry-After', String(randomInt(5, 30)));
    this.#context.send(response, answerTarget(request, peer));
  }

  onServerTerminated(transaction: ServerTransaction): void {
    const served = this.#served.get(transaction);
    this.#served.delete(transaction);
    if (served !== undefined) this.#answers.untrack(served);
  }

  /** The application is gone: nobody will answer what it was asked. */
  onClientGone(client: ControlClient): void {
    for (const served of [...this.#served.values()]) {
      if (served.owner === client && !served.transaction.finalSent) {
        this.#answers.abandon(served, { status: 503 });
      }
    }
  }

  #refuse(served: ServedRequest, refusal: Parameters<ServedRequest['answer']>[0]): void {
    const { method, callId } = served;
    this.#context.log.info(
      { method, callId: shorten(callId), status: refusal.status },
      'request refused',
    );
    served.answer(refusal);
  }

  #outsideDialog(served: ServedRequest): void {
    const { control, dialogs } = this.#context;
    const { method } = served;
    if (DIALOG_ONLY.has(method)) {
      this.#refuse(served, { status: 481 });
      return;
    }
    // A second call under one name could not be told from the first by the application.
    const makesDialog = method === 'INVITE' || method === 'SUBSCRIBE';
    if (makesDialog && dialogs.byId(served.dialogId) !== undefined) {
      this.#refuse(served, { status: 482 });
      return;
    }
    served.owner = control.select(method);
    if (served.owner === undefined) {
      this.#refuse(served, unserved(method, control.connected, control.verbs));
      return;
    }
    if (method === 'INVITE') served.trying();
    const passage = passageOf(this.#context, served.peer, served.id, '');
    const { host, port } = this.#context.local.at(served.peer.transport);
    served.owner.send(sipMessage('network', served.request, passage, { host, port }));
    if (method === 'INVITE') record(this.#context, 'attempt', 'network', served.request);
  }

  #withinDialog(served: ServedRequest): void {
    const { method, request, peer } = served;
    const dialog = this.#context.dialogs.byTags(served.callId, served.toTag, served.fromTag);
    if (dialog === undefined) {
      this.#refuse(served, { status: 481 });
      return;
    }
    if (!dialog.admit(request, peer)) {
      this.#refuse(served, { status: 500, reason: 'CSeq Out Of Order' });
      return;
    }
    served.dialog = dialog;
    if (method === 'INVITE') {
      if (dialog.inviteFromLocal) {
        this.#refuse(served, { status: 491 });
        return;
      }
      if (dialog.inviteFromRemote) {
        const headers = { 'Retry-After': String(randomInt(0, 11)) };
        this.#refuse(served, { status: 500, headers });
        return;
      }
      dialog.inviteFromRemote = true;
      served.trying();
      this.#answers.unacked.drop(dialog);
    }
    if (method === 'BYE' && !dialog.confirmed && dialog.role === 'uas') {
      served.answer({ status: 200 });
      this.#cancelInvite(dialog);
      return;
    }
    const prack = method === 'PRACK' ? this.#answers.reliable.acknowledge(dialog, request) : 'none';
    if (prack === 'nothing' || prack === 'server') {
      // The application hears of no PRACK that is too late for it (RFC 3262 section 3).
      this.#refuse(served, { status: prack === 'server' ? 200 : 481 });
      return;
    }
    served.owner = dialog.owner;
    const passage = passageOf(this.#context, peer, served.id, dialog.id);
    dialog.owner.send(sipMessage('network', request, passage));
    if (method === 'PRACK') this.#answers.reliable.release(dialog);
    if (method === 'BYE') this.#ended(dialog, request);
  }

  #ended(dialog: SipDialog, bye: SipRequest): void {
    this.#context.dialogs.remove(dialog);
    this.#answers.unacked.drop(dialog);
    // A re-INVITE that still waits is answered as section 15.1.2 wants it.
    for (const other of this.#served.values()) {
      if (other.dialog === dialog && other.method === 'INVITE') other.answer({ status: 487 });
    }
    if (dialog.method === 'INVITE') {
      record(this.#context, 'stop', 'network', bye, 'normal-release');
    }
  }

  /** CANCEL: 200 for itself, 487 for its INVITE when that is still open (RFC 3261 section 9.2). */
  #cancel(served: ServedRequest): void {
    const invite = this.#context.transactions.inviteOf(served.request);
    const target = invite === undefined ? undefined : this.#served.get(invite);
    if (target === undefined) {
      this.#refuse(served, { status: 481 });
      return;
    }
    served.answer({ status: 200 });
    if (target.transaction.finalSent) return;
    this.#answers.abandon(target, { status: 487 });
    if (target.owner === undefined) return;
    record(this.#context, 'stop', 'network', target.request, 'call-canceled');
    const passage = passageOf(this.#context, served.peer, target.id, target.dialogId);
    target.owner.send(sipMessage('network', served.request, passage));
  }

  /** A BYE on an early dialog ends the call as a CANCEL does. */
  #cancelInvite(dialog: SipDialog): void {
    for (const target of [...this.#served.values()]) {
      const open = target.method === 'INVITE' && !target.transaction.finalSent;
      if (target.dialog !== dialog || !open || target.owner === undefined) continue;
      this.#answers.abandon(target, { status: 487 });
      record(this.#context, 'stop', 'network', target.request, 'call-canceled');
      tellCanceled(this.#context, target.owner, target);
    }
  }
}
