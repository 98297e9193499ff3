import type { Params } from './SipMessage.ts';

/**
 * Splits at `separator` outside of quoted strings and angle brackets (RFC 3261 section 25.1).
 * Undefined when a quote or bracket is not closed.
 */
export function splitOutside(text: string, separator: string): string[] | undefined {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let bracketed = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '<') bracketed = true;
    else if (char === '>') bracketed = false;
    else if (char === separator && !bracketed) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  if (quoted || bracketed) return undefined;
  parts.push(text.slice(start).trim());
  return parts;
}

/** The comma-separated values of all lines of one header; malformed lines give nothing. */
export function listOf(lines: string[]): string[] {
  return lines.flatMap((line) => splitOutside(line, ',') ?? []).filter((value) => value !== '');
}

/** The comma-separated tokens of all lines of one header, in lower case (`Require`, `Supported`). */
export function tokensOf(lines: string[]): string[] {
  return listOf(lines).map((token) => token.toLowerCase());
}

/** `;a=b;c` as a map; undefined when a quote is open or a name is empty. */
export function parseParams(text: string): Params | undefined {
  const params: Params = new Map();
  const parts = splitOutside(text, ';');
  if (parts === undefined || parts[0] !== '') return undefined;
  for (const part of parts.slice(1)) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name === '' || /[\s"<>]/.test(name)) return undefined;
    const value = equals < 0 ? '' : part.slice(equals + 1).trim();
    if (!params.has(name)) params.set(name, value);
  }
  return params;
}

export function formatParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) text += value === '' ? `;${name}` : `;${name}=${value}`;
  return text;
}
