import type { GatewayTrunk } from '@switchroom/protocol';
import type { Credentials, SipAnswer } from './SipClient.ts';
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

/** The user that the carrier knows us by, as a URI has it. */
export function accountUser({ username, callerId }: Outbound): string {
  return encodeURIComponent(username ?? callerId).replaceAll('%2B', '+');
}

/** Who calls, for From: the number, or our account where the carrier goes by that. */
export function fromUri(outbound: Outbound): string {
  if (outbound.fromUser === 'caller-id') return callerUri(outbound);
  const { scheme, domain } = trunkUri(outbound.uri);
  return `${scheme}:${accountUser(outbound)}@${domain}`;
}

/**
 * The number that is shown, for From. In the carrier's domain where it knows us by a password, else in ours: the SIP
 * server puts its address in the place of `localhost`, there and in Contact alone.
 */
function callerUri({ uri, callerId, username }: Outbound): string {
  const { scheme, domain } = trunkUri(uri);
  return `${scheme}:${callerId}@${username === null ? 'localhost' : domain}`;
}

/** The same for P-Asserted-Identity (RFC 3325): a number of the carrier's, as it knows it. */
export function assertedUri({ uri, callerId }: Outbound): string {
  const { scheme, domain } = trunkUri(uri);
  return `${scheme}:${callerId}@${domain}`;
}

/** After how long a refusal asks to be tried again, in ms; 0 where it does not say (RFC 3261 section 20.33). */
export function retryAfterMs(answer: Pick<SipAnswer, 'get'> | undefined): number {
  return (Number.parseInt(answer?.get('Retry-After') ?? '', 10) || 0) * 1000;
}
