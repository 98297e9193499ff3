import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import { cseqOf } from '../message/SipMessage.ts';
import type { Context, SipDialog } from './Context.ts';
import { defaultContentType } from './contentType.ts';
import { failureResponse } from './departure.ts';
import { isSecure } from '../message/uri.ts';
import { dispatch } from './dialogTarget.ts';

export interface Refresh {
  /** UPDATE goes without a session description, INVITE with the one that is in use (RFC 4028 section 7.4). */
  method: 'INVITE' | 'UPDATE';
  seconds: number;
  /** Called once. 408 also stands for no answer, 503 for nobody there. */
  onFinal: (response: SipResponse) => void;
}

/** Sends a session refresh request of the server's own; false when there is nowhere to send it. */
export function sendRefresh(context: Context, dialog: SipDialog, refresh: Refresh): boolean {
  const { method, seconds, onFinal } = refresh;
  const request = dialog.request(method);
  const target = dispatch(context, dialog, request);
  if (target === undefined) return false;
  const { headers } = request;
  headers.append('Contact', context.local.contact(target.transport, isSecure(request.uri)));
  headers.append('Supported', 'timer');
  headers.append('Session-Expires', `${seconds};refresher=uac`);
  if (method === 'INVITE') {
    request.body = dialog.localSdp;
    defaultContentType(request);
    dialog.inviteFromLocal = true;
  }
  let acknowledge: (() => void) | undefined;
  const onResponse = (response: SipResponse): void => {
    if (response.status < 200) return;
    const first = acknowledge === undefined;
    const accepted = response.status < 300;
    if (first && accepted) dialog.refreshTarget(response);
    acknowledge ??= method === 'INVITE' && accepted ? ackOf(context, dialog, request) : () => {};
    acknowledge();
    if (!first) return;
    if (method === 'INVITE') dialog.inviteFromLocal = false;
    onFinal(response);
  };
  context.transactions.request(request, target, {
    onResponse,
    onFailure: (failure) => onResponse(failureResponse(request, failure)),
    onTerminated: () => undefined,
  });
  return true;
}

/** Sends the same ACK, as often as it is called. */
function ackOf(context: Context, dialog: SipDialog, invite: SipRequest): () => void {
  const ack = dialog.request('ACK', cseqOf(invite)?.seq ?? 0);
  const target = dispatch(context, dialog, ack);
  if (target === undefined) return () => {};
  return () => context.send(ack, target);
}
