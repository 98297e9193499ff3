import { AppError } from '@switchroom/protocol';
import { randomUUID } from 'node:crypto';
import type { Timer } from '../clock.ts';
import type { Command } from '../control/command.ts';
import type { ControlClient } from '../control/ControlClient.ts';
import { refused, requestSent, sipMessage } from '../control/wire.ts';
import { tagOf } from '../message/nameAddr.ts';
import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import { composeInitial, finish } from './composeRequest.ts';
import type { Context, SipDialog } from './Context.ts';
import { failureResponse, type Departure } from './departure.ts';
import { nextHop, proxyTarget } from './destination.ts';
import { dialogTarget } from './dialogTarget.ts';
import { hangUp } from './hangUp.ts';
import { OutboundDialogs } from './OutboundDialogs.ts';
import { OutboundInvites } from './OutboundInvites.ts';
import { redactUri } from './redactUri.ts';
import { dialogIdOf, passageOf, record } from './tell.ts';
import type { SessionTimers } from './SessionTimers.ts';
import type { UnackedAnswers } from './UnackedAnswers.ts';

/** What the applications send: requests in and out of dialogs, ACK and CANCEL. */
export class OutboundRequests {
  readonly #context: Context;
  readonly #unacked: UnackedAnswers;
  readonly #sessions: SessionTimers;
  readonly #dialogs: OutboundDialogs;
  readonly #invites: OutboundInvites;
  /** Dialogs whose BYE was challenged. */
  readonly #leaving = new Set<Timer>();

  constructor(context: Context, unacked: UnackedAnswers, sessions: SessionTimers) {
    this.#context = context;
    this.#unacked = unacked;
    this.#sessions = sessions;
    this.#dialogs = new OutboundDialogs(context, sessions);
    this.#invites = new OutboundInvites(context, this.#dialogs);
  }

  /** `sip|<transaction id>|<dialog id>[|<proxy>]` with a request. */
  handle(command: Command, template: SipRequest, client: ControlClient): void {
    try {
      if (template.method === 'ACK') this.#dialogs.ack(command, template, client);
      else if (template.method === 'CANCEL') this.#invites.cancel(command, template, client);
      else if (!this.#held(command, template, client)) this.#send(command, template, client);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      client.send(refused(command.messageId, `Server error: ${error.message}`));
    }
  }

  /** The application is gone: what it had ringing is cancelled, what was up is hung up. */
  onClientGone(client: ControlClient): void {
    this.#invites.onClientGone(client);
    for (const dialog of this.#context.dialogs.ownedBy(client)) {
      if (!dialog.confirmed) continue;
      const bye =
        dialog.method === 'INVITE' ? hangUp(this.#context, dialog, 'service ended') : undefined;
      if (bye === undefined) this.#context.dialogs.remove(dialog);
      else record(this.#context, 'stop', 'application', bye, 'system-initiated-termination');
      this.#unacked.drop(dialog);
    }
  }

  close(): void {
    this.#invites.close();
    for (const timer of this.#leaving) timer.cancel();
    this.#leaving.clear();
  }

  #held(command: Command, template: SipRequest, client: ControlClient): boolean {
    if (template.method !== 'BYE' && template.method !== 'INVITE') return false;
    const dialog = this.#context.dialogs.byId(command.fields[1] ?? '');
    if (dialog === undefined) return false;
    const later = (): void => this.handle(command, template, client);
    if (template.method === 'INVITE' && this.#sessions.hold(dialog, later)) return true;
    return this.#unacked.hold(dialog, later);
  }

  #send(command: Command, template: SipRequest, client: ControlClient): void {
    const departure = this.#prepare(command, template, client);
    const { request, target, dialogId } = departure;
    const callId = request.headers.get('Call-ID') ?? '';
    const uri = redactUri(request.uri);
    this.#context.log[request.method === 'OPTIONS' ? 'debug' : 'info'](
      { method: request.method, callId, uri },
      'request sent',
    );
    if (request.method === 'INVITE' && departure.dialog === undefined) {
      record(this.#context, 'attempt', 'application', request);
    } else if (request.method === 'BYE' && departure.dialog?.method === 'INVITE') {
      record(this.#context, 'stop', 'application', request, 'normal-release');
    }
    const id =
      request.method === 'INVITE' ? this.#invites.send(departure) : this.#sendOther(departure);
    const passage = passageOf(
      this.#context,
      this.#context.local.at(target.transport),
      id,
      dialogId,
    );
    client.send(requestSent(command.messageId, request, passage));
  }

  #prepare(command: Command, template: SipRequest, owner: ControlClient): Departure {
    const [, dialogId = '', proxy = ''] = command.fields;
    const { local, dialogs } = this.#context;
    if (dialogId === '') {
      const request = composeInitial(template, local);
      const target = proxy === '' ? nextHop(request) : proxyTarget(proxy);
      finish(request, template, local, target.transport);
      const fromTag = tagOf(request.headers.get('From')) ?? '';
      const id = dialogIdOf(request.headers.get('Call-ID') ?? '', fromTag);
      return { request, target, owner, dialogId: id, dialog: undefined };
    }
    const dialog = dialogs.byId(dialogId);
    if (dialog === undefined) {
      throw new AppError('not-found', 'unable to find dialog for dialog id provided');
    }
    const request = dialog.request(template.method);
    const target = dialogTarget(dialog, request);
    finish(request, template, local, target.transport);
    this.#sessions.ask(dialog, request);
    return { request, target, owner, dialogId, dialog };
  }

  #sendOther(departure: Departure): string {
    const id = randomUUID();
    const { request, target, owner, dialogId, dialog } = departure;
    const deliver = (response: SipResponse): void => {
      const peer = { transport: target.transport, ...(response.source ?? target) };
      const passage = passageOf(this.#context, peer, id, dialogId);
      owner.send(sipMessage('network', response, passage));
      if (response.status >= 200 && dialog !== undefined) this.#settle(request, response, dialog);
    };
    this.#context.transactions.request(request, target, {
      onResponse: deliver,
      onFailure: (failure) => deliver(failureResponse(request, failure)),
      onTerminated: () => undefined,
    });
    return id;
  }

  /** What the final answer to a request within a dialog means for it. */
  #settle(request: SipRequest, response: SipResponse, dialog: SipDialog): void {
    const { status } = response;
    if (request.method === 'UPDATE' && status < 300) {
      dialog.refreshTarget(response);
      dialog.described(request);
      this.#sessions.agreed(dialog, response);
    }
    const state = request.headers.get('Subscription-State') ?? '';
    const lastNotify =
      request.method === 'NOTIFY' && dialog.method === 'SUBSCRIBE' && /^terminated/i.test(state);
    if (request.method !== 'BYE' && !lastNotify) return;
    // A challenged BYE is sent again with credentials: the dialog stays for as long as that may take.
    const challenged = status === 401 || status === 407;
    if (challenged) this.#removeSoon(dialog);
    else this.#context.dialogs.remove(dialog);
  }

  #removeSoon(dialog: SipDialog): void {
    const timer = this.#context.clock.after(this.#context.timers.t4, () => {
      this.#leaving.delete(timer);
      this.#context.dialogs.remove(dialog);
    });
    this.#leaving.add(timer);
  }
}
