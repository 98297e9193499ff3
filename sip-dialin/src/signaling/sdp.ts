/**
 * Whether this offer puts us on hold (RFC 3264 section 8.4): it will not hear us (`sendonly`), or
 * neither way (`inactive`), or says so in the old manner with address 0.0.0.0.
 */
export function isHold(offer: string): boolean {
  const [session = '', audio = ''] = offer.split(/^(?=m=)/m);
  // Of the media section first, since it counts more than the session's (RFC 8866 section 6.7).
  for (const section of [audio, session]) {
    const direction = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(section)?.[1];
    if (direction !== undefined) return direction === 'sendonly' || direction === 'inactive';
  }
  return /^c=IN IP4 0\.0\.0\.0\s*$/m.test(audio) || /^c=IN IP4 0\.0\.0\.0\s*$/m.test(session);
}
