/** What a From, To or P-Asserted-Identity header says (RFC 3261 section 25.1, `name-addr`). */
export interface NameAddr {
  /** Display name, unquoted; empty when there is none. */
  name: string;
  /** The user part of a sip(s) URI or the number of a tel URI; empty when there is none. */
  user: string;
}

const NAME_ADDR = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<([^>]*)>/;

/** Reads the first address of a header. What cannot be read is empty, never an error. */
export function parseNameAddr(header: string): NameAddr {
  const match = NAME_ADDR.exec(header);
  if (!match) return { name: '', user: uriUser(header.trim()) };
  const quoted = match[1]?.replace(/\\(.)/g, '$1');
  return { name: (quoted ?? match[2] ?? '').trim(), user: uriUser(match[3] ?? '') };
}

/** The user part of a URI without its parameters (`;phone-context=…`, `;isub=…`). */
export function uriUser(uri: string): string {
  const sip = /^sips?:([^@]*)@/i.exec(uri);
  const raw = sip?.[1] ?? /^tel:([^?]*)/i.exec(uri)?.[1] ?? '';
  const user = raw.split(/[;:]/, 1)[0] ?? '';
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}
