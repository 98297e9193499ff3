/**
 * Whether this offer puts us on hold (RFC 3264 section 8.4): it will not hear us (`sendonly`), or
 * neither way (`inactive`), or says so in the old manner with address 0.0.0.0.
 */
export function isHold(offer: string): boolean {
  const [session = '', audio = ''] = offer.split(/^(?=m=)/m);
  // Of the media section first, since it counts more than the session's (RFC 8866 sections 5.7, 6.7).
  const found = (line: RegExp) => line.exec(audio)?.[1] ?? line.exec(session)?.[1];
  if (found(/^c=IN IP4 (\S+)/m) === '0.0.0.0') return true;
  const direction = found(/^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m);
  return direction === 'sendonly' || direction === 'inactive';
}
