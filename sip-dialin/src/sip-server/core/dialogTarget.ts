import type { SipRequest } from '../message/SipMessage.ts';
import type { Target } from '../transport/peer.ts';
import type { Context, SipDialog } from './Context.ts';
import { nextHop } from './destination.ts';

/**
 * Where a request within a dialog goes. Over TCP and TLS the connection that the far end is using serves,
 * as long as it leads to the same address: behind NAT there is no other (RFC 5923 section 4).
 */
export function dialogTarget(dialog: SipDialog, request: SipRequest): Target {
  const target = nextHop(request);
  const { connection, transport } = dialog.peer;
  if (target.transport !== transport || connection?.address !== target.host) return target;
  return { ...target, connection };
}

/**
 * Gives a request within a dialog its Via, and tells where it goes; undefined when the far end gave a
 * Contact that leads nowhere.
 */
export function dispatch(
  context: Context,
  dialog: SipDialog,
  request: SipRequest,
): Target | undefined {
  try {
    const target = dialogTarget(dialog, request);
    request.headers.prepend('Via', context.local.via(target.transport));
    return target;
  } catch {
    return undefined;
  }
}
