import type { GatewayTrunk } from '@switchroom/protocol';
import type { Credentials } from './SipClient.ts';
import { trunkUri } from './trunkUri.ts';

export type Outbound = NonNullable<GatewayTrunk['outbound']>;

export function credentialsOf({ username, password }: Outbound): Credentials | undefined {
  return username === null || password === null ? undefined : { username, password };
}

/** The Request-URI of a call to this number (E.164). */
export function calleeUri({ uri }: Outbound, number: string): string {
  const { scheme, rest } = trunkUri(uri);
  return `${scheme}:${number}@${rest}`;
}

/**
 * Who calls, for From and P-Asserted-Identity (RFC 3325). In the carrier's domain where it knows us by a
 * password, else in ours: the SIP server puts its address in the place of `localhost`.
 */
export function callerUri({ uri, callerId, username }: Outbound): string {
  const { scheme, domain } = trunkUri(uri);
  return `${scheme}:${callerId}@${username === null ? 'localhost' : domain}`;
}
