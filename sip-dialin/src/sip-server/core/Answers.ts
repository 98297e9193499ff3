import type { Timer } from '../clock.ts';
import { randomUUID } from 'node:crypto';
import type { Command } from '../control/command.ts';
import type { ControlClient } from '../control/ControlClient.ts';
import { refused, responseSent } from '../control/wire.ts';
import { Dialog, contactUri, recordRoute } from '../dialog/Dialog.ts';
import { parseNameAddr } from '../message/nameAddr.ts';
import { cseqOf, type SipRequest, type SipResponse } from '../message/SipMessage.ts';
import { isSecure } from '../message/uri.ts';
import { answerTarget } from '../transport/received.ts';
import type { Refusal } from './admission.ts';
import type { Context, SipDialog } from './Context.ts';
import { defaultContentType } from './contentType.ts';
import { hangUp } from './hangUp.ts';
import { shorten } from './redactUri.ts';
import { ReliableAnswers } from './ReliableAnswers.ts';
import type { ServedRequest } from './ServedRequest.ts';
import type { SessionTimers } from './SessionTimers.ts';
import { SubscriptionExpiry } from './SubscriptionExpiry.ts';
import { passageOf, record, tellCanceled, tellUnsolicited } from './tell.ts';
import { UnackedAnswers } from './UnackedAnswers.ts';

/** Methods whose 2xx names where we are to be found from now on (RFC 3261 table 2, RFC 6665, RFC 3311). */
const WITH_CONTACT = new Set(['INVITE', 'SUBSCRIBE', 'UPDATE', 'NOTIFY', 'REFER']);

/** What the applications answer: completed, sent, and the dialogs that come of it. */
export class Answers {
  readonly #context: Context;
  readonly #byId = new Map<string, { served: ServedRequest; ringing: Timer | undefined }>();
  readonly #subscriptions: SubscriptionExpiry;
  readonly #sessions: SessionTimers;
  readonly reliable: ReliableAnswers;
  readonly unacked: UnackedAnswers;

  constructor(context: Context, sessions: SessionTimers) {
    this.#context = context;
    this.#sessions = sessions;
    this.reliable = new ReliableAnswers(context);
    this.#subscriptions = new SubscriptionExpiry(context);
    this.unacked = new UnackedAnswers(context);
  }

  track(served: ServedRequest): void {
    const { clock, timers } = this.#context;
    // Nobody may ring for ever: an application that forgets an INVITE must not cost memory.
    const ringing =
      served.method === 'INVITE'
        ? clock.after(timers.ringing, () => this.#giveUp(served, 480))
        : undefined;
    this.#byId.set(served.id, { served, ringing });
  }

  untrack(served: ServedRequest): void {
    this.reliable.forget(served);
    this.#byId.get(served.id)?.ringing?.cancel();
    this.#byId.delete(served.id);
  }

  /** Gives up a request that the application has not answered. */
  abandon(served: ServedRequest, refusal: Refusal): void {
    if (!served.answer(refusal)) return;
    this.reliable.finish(served);
    this.#settle(served, refusal.status);
  }

  /** A response of the application: `sip|<transaction id>|`. */
  respond(command: Command, template: SipResponse, client: ControlClient): void {
    const id = command.fields[0] ?? '';
    const served = this.#byId.get(id)?.served;
    if (served === undefined || template.status < 100 || template.status > 699) {
      client.send(refused(command.messageId, `unable to find transaction ${id} for response`));
      return;
    }
    const { status } = template;
    const later = (): void => this.respond(command, template, client);
    if (this.reliable.hold(served, status, later)) return;
    defaultContentType(template);
    const wantsContact = WITH_CONTACT.has(served.method) && status > 100 && status < 300;
    const { local } = this.#context;
    const contact = wantsContact
      ? local.contact(served.peer.transport, wantsSecure(served.request))
      : undefined;
    const response = served.complete(template, contact);
    if (refreshes(served) && isSuccess(status)) this.#sessions.answer(served, response);
    const reliable = this.reliable.mark(served, response);
    if (!served.transaction.respond(response)) {
      client.send(refused(command.messageId, 'a final response was already sent'));
      return;
    }
    this.#log(served, response);
    if (reliable) this.reliable.sent(served, response, () => this.#giveUp(served, 504));
    if (status > 100) this.#advance(served, response, client);
    client.send(responseSent(command.messageId, response, this.#passage(served)));
    if (status >= 200) this.reliable.finish(served);
    this.#afterwards(served, response);
  }

  close(): void {
    this.unacked.close();
    this.reliable.close();
    this.#subscriptions.close();
    for (const { ringing } of this.#byId.values()) ringing?.cancel();
    this.#byId.clear();
  }

  /** drachtio-server leaves transport and dialog empty unless the request was an INVITE or SUBSCRIBE. */
  #passage(served: ServedRequest): ReturnType<typeof passageOf> {
    const full = served.method === 'INVITE' || served.method === 'SUBSCRIBE';
    const peer = full ? served.peer : { ...served.peer, transport: '' };
    return passageOf(this.#context, peer, served.id, full ? served.dialogId : '');
  }

  /** Makes, confirms or drops the dialog before the application hears that its answer is out. */
  #advance(served: ServedRequest, response: SipResponse, client: ControlClient): void {
    const { status } = response;
    const makes = served.method === 'INVITE' || (served.method === 'SUBSCRIBE' && status >= 200);
    if (served.initial && makes && status < 300) served.dialog ??= this.#open(served, client);
    const { dialog } = served;
    if (dialog === undefined) return;
    if (refreshes(served) && status < 300) dialog.described(response);
    if (isSuccess(status)) {
      if (served.initial) dialog.confirm(served.request);
      else if (WITH_CONTACT.has(served.method)) dialog.refreshTarget(served.request);
      if (served.method === 'SUBSCRIBE')
        this.#subscriptions.renew(dialog, served.request, response);
      if (refreshes(served)) this.#sessions.answered(dialog, served, response);
      if (served.method === 'INVITE') this.#awaitAck(served, dialog, response);
    }
    if (status >= 200) this.#settle(served, status);
  }

  #open(served: ServedRequest, owner: ControlClient): SipDialog {
    const { request } = served;
    const dialog: SipDialog = new Dialog({
      id: served.dialogId,
      role: 'uas',
      method: served.method,
      callId: served.callId,
      localTag: served.toTag,
      remoteTag: served.fromTag,
      local: served.taggedTo,
      remote: request.headers.get('From') ?? '',
      localSeq: 0,
      remoteSeq: cseqOf(request)?.seq,
      routeSet: recordRoute(request),
      remoteTarget: contactUri(request) ?? '',
      owner,
      peer: served.peer,
    });
    dialog.inviteFromRemote = served.method === 'INVITE';
    this.#context.dialogs.add(dialog);
    return dialog;
  }

  /** What a final answer means for the dialog. */
  #settle(served: ServedRequest, status: number): void {
    const { dialog } = served;
    if (dialog === undefined) return;
    if (served.method === 'INVITE') dialog.inviteFromRemote = false;
    if (served.initial && status >= 300) this.#context.dialogs.remove(dialog);
    const subscription = dialog.method === 'SUBSCRIBE' && served.method === 'NOTIFY';
    const state = served.request.headers.get('Subscription-State') ?? '';
    if (subscription && /^terminated/i.test(state)) this.#context.dialogs.remove(dialog);
  }

  #awaitAck(served: ServedRequest, dialog: SipDialog, response: SipResponse): void {
    const target = answerTarget(served.request, served.peer);
    this.unacked.add(dialog, {
      seq: cseqOf(served.request)?.seq ?? 0,
      transactionId: served.initial ? served.id : randomUUID(),
      send: () => this.#context.send(response, target),
      onGivenUp: () => {
        this.#context.log.warn({ callId: shorten(served.callId) }, 'no ACK came: hanging up');
        const bye = hangUp(this.#context, dialog, 'ACK timeout');
        if (bye === undefined) return;
        tellUnsolicited(this.#context, dialog, bye);
        record(this.#context, 'stop', 'application', bye, 'ack-timeout');
      },
    });
  }

  #afterwards(served: ServedRequest, response: SipResponse): void {
    if (!served.initial || served.method !== 'INVITE' || response.status < 200) return;
    if (response.status < 300) record(this.#context, 'start', 'application', response, 'uas');
    else record(this.#context, 'stop', 'application', response, 'call-rejected');
  }

  /** The application has let it ring for too long, or the caller does not acknowledge (RFC 3262 section 3). */
  #giveUp(served: ServedRequest, status: number): void {
    if (served.transaction.finalSent) return;
    this.abandon(served, { status });
    if (served.owner !== undefined) tellCanceled(this.#context, served.owner, served);
  }

  #log(served: ServedRequest, { status }: SipResponse): void {
    const { method } = served;
    const callId = shorten(served.callId);
    this.#context.log[method === 'OPTIONS' ? 'debug' : 'info'](
      { method, status, callId },
      'answered',
    );
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** True for the requests that keep a session going (RFC 4028 section 3). */
function refreshes({ method }: ServedRequest): boolean {
  return method === 'INVITE' || method === 'UPDATE';
}

/** True when the caller wants the dialog secure all the way (RFC 3261 section 12.1.1). */
function wantsSecure(request: SipRequest): boolean {
  const [route] = recordRoute(request);
  const next = route === undefined ? contactUri(request) : parseNameAddr(route)?.uri;
  return isSecure(request.uri) || isSecure(next);
}
