import type { SipRequest } from '../message/SipMessage.ts';
import type { Target } from '../transport/peer.ts';
import type { SipDialog } from './Context.ts';
import { nextHop } from './destination.ts';

/**
 * Where a request within a dialog goes. Over TCP the connection that the far end is using serves,
 * as long as it leads to the same address: behind NAT there is no other (RFC 5923 section 4).
 */
export function dialogTarget(dialog: SipDialog, request: SipRequest): Target {
  const target = nextHop(request);
  const { connection } = dialog.peer;
  if (target.transport !== 'tcp' || connection?.address !== target.host) return target;
  return { ...target, connection };
}
