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
  /** What a 422 in this session wanted at least, in seconds; 0 when there was none (section 7.4). */
  atLeast: number;
  /** Called once. 408 also stands for no answer, 503 for nobody there. */
  onFinal: (response: SipResponse) => void;
}

/** Sends a session refresh request of the server's own; false when there is nowhere to send it. */
export function sendRefresh(
  context: Context,
  dialog: SipDialog,
  refresh: Refresh,
  authorization?: readonly [string, string],
): boolean {
  const { method, seconds, atLeast, onFinal } = refresh;
  const request = dialog.request(method);
  const target = dispatch(context, dialog, request);
  if (target === undefined) return false;
  const { headers } = request;
  headers.append('Contact', context.local.contact(target.transport, isSecure(request.uri)));
  headers.append('Supported', 'timer');
  headers.append('Session-Expires', `${seconds};refresher=uac`);
  if (atLeast > 0) headers.append('Min-SE', String(atLeast));
  if (authorization !== undefined) headers.append(...authorization);
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
    const answer = authorization === undefined ? answerOf(context, request, response) : undefined;
    // Once more with credentials (RFC 3261 section 22.2).
    const again = answer !== undefined && context.dialogs.has(dialog);
    if (!again || !sendRefresh(context, dialog, refresh, answer)) onFinal(response);
  };
  context.transactions.request(request, target, {
    onResponse,
    onFailure: (failure) => onResponse(failureResponse(request, failure)),
    onTerminated: () => undefined,
  });
  return true;
}

/** The credentials that a challenge asks for; undefined when it is none, or nobody has them. */
function answerOf(
  context: Context,
  request: SipRequest,
  { status, headers }: SipResponse,
): readonly [string, string] | undefined {
  if (status !== 401 && status !== 407) return undefined;
  return context.authorize({
    ...{ callId: request.headers.get('Call-ID') ?? '', method: request.method, uri: request.uri },
    status,
    get: (name) => headers.getAll(name).join(', ') || undefined,
  });
}

/** Sends the same ACK, as often as it is called. */
function ackOf(context: Context, dialog: SipDialog, invite: SipRequest): () => void {
  const ack = dialog.request('ACK', cseqOf(invite)?.seq ?? 0);
  const target = dispatch(context, dialog, ack);
  if (target === undefined) return () => {};
  return () => context.send(ack, target);
}
