import { randomUUID } from 'node:crypto';
import type { Command } from '../control/command.ts';
import type { ControlClient } from '../control/ControlClient.ts';
import { refused, requestSent, sipMessage } from '../control/wire.ts';
import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import type { Context, SipDialog } from './Context.ts';
import type { OutboundDialogs } from './OutboundDialogs.ts';
import { failureResponse, type Departure } from './departure.ts';
import { SentInvite } from './SentInvite.ts';
import { passageOf, record } from './tell.ts';

/** The INVITEs of the applications, first ones and those within a dialog. */
export class OutboundInvites {
  readonly #context: Context;
  readonly #dialogs: OutboundDialogs;
  readonly #sent = new Map<string, SentInvite>();

  constructor(context: Context, dialogs: OutboundDialogs) {
    this.#context = context;
    this.#dialogs = dialogs;
  }

  /** Sends it; gives the application's name for the transaction. */
  send(departure: Departure): string {
    const { dialog } = departure;
    const invite = new SentInvite(this.#context, departure);
    this.#sent.set(invite.id, invite);
    if (dialog !== undefined) dialog.inviteFromLocal = true;
    const onResponse = (response: SipResponse): void => {
      if (dialog === undefined) this.#onResponse(invite, response);
      else this.#onReinviteResponse(invite, dialog, response);
    };
    invite.transaction = this.#context.transactions.request(departure.request, departure.target, {
      onResponse,
      onFailure: (failure) => onResponse(failureResponse(departure.request, failure)),
      onTerminated: () => {
        invite.close();
        this.#sent.delete(invite.id);
        this.#dialogs.finished(invite);
      },
    });
    return invite.id;
  }

  /** `sip|<transaction id>|` with a CANCEL. */
  cancel(command: Command, template: SipRequest, client: ControlClient): void {
    const invite = this.#sent.get(command.fields[0] ?? '');
    const cancel = invite?.cancel(template.headers);
    if (invite === undefined || cancel === undefined) {
      client.send(refused(command.messageId, 'Server error: unable to find transaction to cancel'));
      return;
    }
    const from = this.#context.local.at(invite.target.transport);
    const passage = passageOf(this.#context, from, randomUUID(), invite.dialogId);
    client.send(requestSent(command.messageId, cancel, passage));
  }

  onClientGone(client: ControlClient): void {
    for (const invite of this.#sent.values()) {
      if (invite.owner === client) invite.cancel();
    }
  }

  close(): void {
    for (const invite of this.#sent.values()) invite.close();
    this.#sent.clear();
  }

  #onResponse(invite: SentInvite, response: SipResponse): void {
    const { status } = response;
    invite.answered(status);
    if (status < 200) {
      if (!this.#dialogs.early(invite, response)) return;
    } else if (status >= 300) this.#dialogs.dropForks(invite);
    else if (!this.#dialogs.accepted(invite, response)) return;
    this.#deliver(invite, response);
    if (status >= 200 && status < 300) record(this.#context, 'start', 'network', response, 'uac');
    else if (status >= 300) {
      const reason = status === 487 && invite.canceled ? 'call-canceled' : 'call-rejected';
      record(this.#context, 'stop', 'network', response, reason);
    }
  }

  #onReinviteResponse(invite: SentInvite, dialog: SipDialog, response: SipResponse): void {
    invite.answered(response.status);
    if (response.status >= 200) dialog.inviteFromLocal = false;
    const accepted = response.status >= 200 && response.status < 300;
    if (accepted && !this.#dialogs.reaccepted(dialog, invite, response)) return;
    this.#deliver(invite, response);
  }

  #deliver(invite: SentInvite, response: SipResponse): void {
    const { target, id, dialogId, owner } = invite;
    const peer = { transport: target.transport, ...(response.source ?? target) };
    owner.send(sipMessage('network', response, passageOf(this.#context, peer, id, dialogId)));
    const callId = invite.request.headers.get('Call-ID') ?? '';
    this.#context.log.info(
      { method: 'INVITE', status: response.status, callId },
      'answer received',
    );
  }
}
