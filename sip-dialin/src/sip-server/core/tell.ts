import { timeOfDay } from '../clock.ts';
import type { ControlClient } from '../control/ControlClient.ts';
import { callRecord, sipMessage, type Passage, type Source } from '../control/wire.ts';
import { hopByHop } from '../message/build.ts';
import type { SipMessage, SipRequest } from '../message/SipMessage.ts';
import type { Peer } from '../transport/peer.ts';
import type { Context, SipDialog } from './Context.ts';

/** Why a call ended, as drachtio's call records say it. */
export type StopReason =
  | 'normal-release'
  | 'call-canceled'
  | 'call-rejected'
  | 'ack-timeout'
  | 'session-expired'
  | 'system-initiated-termination';

/** The name of a dialog towards the application. */
export function dialogIdOf(callId: string, fromTag: string): string {
  return `${callId};from-tag=${fromTag}`;
}

/** The passage of a message to or from `peer`, now. */
export function passageOf(
  context: Context,
  peer: Pick<Peer, 'host' | 'port'> & { transport: string },
  transactionId: string,
  dialogId: string,
): Passage {
  const { transport, host, port } = peer;
  return { transport, host, port, time: timeOfDay(context.clock), transactionId, dialogId };
}

/** A call record, to the application whose turn it is among those that asked for them. */
export function record(
  context: Context,
  event: 'attempt' | 'start' | 'stop',
  source: Source,
  message: SipMessage,
  detail?: 'uac' | 'uas' | StopReason,
): void {
  const client = context.control.select(`cdr:${event}`);
  client?.send(callRecord(`cdr:${event}`, source, timeOfDay(context.clock), detail, message));
}

/** Tells the owner of a dialog of a request that the server sent by itself. */
export function tellUnsolicited(context: Context, dialog: SipDialog, request: SipRequest): void {
  const passage = passageOf(context, dialog.peer, 'unsolicited', dialog.id);
  dialog.owner.send(sipMessage('application', request, passage));
}

/** Tells an application that the INVITE it was about to answer is no more. */
export function tellCanceled(
  context: Context,
  client: ControlClient,
  invite: { id: string; request: SipRequest; peer: Peer; dialogId: string },
): void {
  const cancel = hopByHop('CANCEL', invite.request, invite.request.headers.get('To') ?? '');
  const passage = passageOf(context, invite.peer, invite.id, invite.dialogId);
  client.send(sipMessage('network', cancel, passage));
}
