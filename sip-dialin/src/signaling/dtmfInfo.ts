/** `bad`: a body of a type we take that says no key. `unsupported`: a type we do not take (415). */
export type DtmfInfo = { type: 'key'; key: string } | { type: 'bad' } | { type: 'unsupported' };

/**
 * The key that an INFO body stands for: `application/dtmf-relay` (`Signal=5\r\nDuration=160`) or
 * `application/dtmf` (`5`). Not standardised; some senders write 10 and 11 for `*` and `#`.
 */
export function parseDtmfInfo(contentType: string, body: string): DtmfInfo {
  const mime = contentType.split(';', 1)[0]?.trim().toLowerCase();
  let signal: string | undefined;
  if (mime === 'application/dtmf-relay') signal = /^\s*Signal\s*=\s*(\S+)/im.exec(body)?.[1];
  else if (mime === 'application/dtmf') signal = body.trim();
  else return { type: 'unsupported' };

  const key = signal === '10' ? '*' : signal === '11' ? '#' : signal?.toUpperCase();
  return key !== undefined && /^[0-9*#A-D]$/.test(key) ? { type: 'key', key } : { type: 'bad' };
}
