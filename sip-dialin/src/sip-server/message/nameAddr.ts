import { formatParams, parseParams, splitOutside } from './lists.ts';
import type { Params } from './SipMessage.ts';

/** `"Display" <uri>;params` of From, To, Contact, Route and their like (RFC 3261 section 20.10). */
export interface NameAddr {
  /** As written, with its quotes; '' when there is none. */
  display: string;
  uri: string;
  params: Params;
}

/** Undefined when malformed: open quotes, no URI, spaces within it, more than one value. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const values = splitOutside(text, ',');
  if (values?.length !== 1) return undefined;
  const open = indexOfBracket(text);
  if (open < 0) return parseAddrSpec(text.trim());
  const close = text.indexOf('>', open);
  const uri = text.slice(open + 1, close).trim();
  const display = text.slice(0, open).trim();
  const params = parseParams(text.slice(close + 1).trim());
  if (!isUri(uri) || params === undefined) return undefined;
  return isDisplay(display) ? { display, uri, params } : undefined;
}

/** Without brackets the parameters belong to the header, not to the URI (section 20.10). */
function parseAddrSpec(text: string): NameAddr | undefined {
  const semicolon = text.indexOf(';');
  const uri = (semicolon < 0 ? text : text.slice(0, semicolon)).trim();
  const params = parseParams(semicolon < 0 ? '' : text.slice(semicolon));
  // Headers in a URI need brackets around it (section 20.10).
  if (!isUri(uri) || uri.includes('?') || params === undefined) return undefined;
  return { display: '', uri, params };
}

export function formatNameAddr(value: NameAddr): string {
  const display = value.display === '' ? '' : `${value.display} `;
  return `${display}<${value.uri}>${formatParams(value.params)}`;
}

/** The `tag` of a From or To value; undefined when there is none or the value is malformed. */
export function tagOf(text: string | undefined): string | undefined {
  const tag = text === undefined ? undefined : parseNameAddr(text)?.params.get('tag');
  return tag === '' ? undefined : tag;
}

function isUri(uri: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/.test(uri);
}

/** A quoted string, or words; lenient about which characters, as implementations are. */
function isDisplay(display: string): boolean {
  return /^"(?:[^"\\]|\\.)*"$/s.test(display) || !display.includes('"');
}

function indexOfBracket(text: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted && char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (char === '<' && !quoted) return at;
  }
  return -1;
}
