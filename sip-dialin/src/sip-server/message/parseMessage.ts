import { Headers } from './Headers.ts';
import type { SipMessage, SipRequest } from './SipMessage.ts';
import { validate } from './validate.ts';

/** Bounds that no honest message comes near; what passes them is not parsed. */
export const LIMITS = {
  /** Bytes of start line and headers. */
  head: 32 * 1024,
  /** Bytes of a body. */
  body: 64 * 1024,
  /** Header lines. */
  lines: 256,
} as const;

/** What every answer copies, besides Via. */
const ECHOED = ['From', 'To', 'Call-ID', 'CSeq'];

const TOO_LARGE: Fault = { status: 513, reason: 'Message Too Large' };

/**
 * What came of parsing. `refused` is a request that can be answered with `status`; `ignored` is all
 * that must be met with silence: responses and ACKs that are malformed, and noise.
 */
export type Parsed =
  | { outcome: 'message'; message: SipMessage }
  | { outcome: 'refused'; request: SipRequest; status: number; reason: string }
  | { outcome: 'ignored'; why: string }
  | { outcome: 'keepalive' };

/** Parses one datagram, or one message cut from a stream. Never throws. */
export function parseMessage(data: Buffer): Parsed {
  const start = skipLineEnds(data);
  // CRLF and zero-filled packets hold NAT bindings open (RFC 5626 section 3.5.1).
  if (start >= data.length || data.every((byte) => byte === 0)) return { outcome: 'keepalive' };
  const end = findHeadEnd(data, start);
  if (end === undefined) return { outcome: 'ignored', why: 'no end of headers' };
  if (end.head - start > LIMITS.head) return parseOversized(data.subarray(start, end.body));
  const lines = unfold(data.toString('latin1', start, end.head));
  const message = parseStartLine(lines[0] ?? '');
  if (message === undefined) return { outcome: 'ignored', why: 'not SIP' };
  const fault = parseHeaders(lines.slice(1), message.headers);
  const bodyFault = takeBody(message, data.subarray(end.body));
  return validate(message, startLineFault(lines[0] ?? '') ?? fault ?? bodyFault);
}

/**
 * Reads of a message that is too large what its answer needs (RFC 3261 section 8.2.6.2): 513 tells the far
 * end what is wrong, where silence would have it try again. `head` may end anywhere. Never throws.
 */
export function parseOversized(head: Buffer): Parsed {
  const lines = unfold(head.toString('latin1', skipLineEnds(head)));
  const message = parseStartLine(lines[0] ?? '');
  if (message === undefined) return { outcome: 'ignored', why: 'not SIP' };
  // The last line may be cut short.
  parseHeaders(lines.slice(1, -1), message.headers);
  const echoed = ['Via', ...ECHOED].flatMap((name) => message.headers.getAll(name));
  const isWhole = ECHOED.every((name) => message.headers.has(name));
  // An answer of that size would be no better.
  if (!isWhole || echoed.join('').length > LIMITS.head) {
    return { outcome: 'ignored', why: 'headers too large' };
  }
  return validate(message, TOO_LARGE);
}

export interface Fault {
  status: number;
  reason: string;
}

function skipLineEnds(data: Buffer): number {
  let at = 0;
  while (at < data.length && (data[at] === 13 || data[at] === 10)) at++;
  return at;
}

/** Where the head ends and the body begins. A bare LF is taken for CRLF, as most servers do. */
export function findHeadEnd(
  data: Buffer,
  from: number,
): { head: number; body: number } | undefined {
  const crlf = data.indexOf('\r\n\r\n', from, 'latin1');
  const lf = data.indexOf('\n\n', from, 'latin1');
  if (lf >= 0 && (crlf < 0 || lf < crlf)) return { head: lf, body: lf + 2 };
  return crlf < 0 ? undefined : { head: crlf, body: crlf + 4 };
}

/** Lines with their continuations joined by one space (RFC 3261 section 7.3.1). */
function unfold(head: string): string[] {
  return head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
}

/** Reads generously: what is wrong with the line is said by `startLineFault`, so that it can be answered. */
function parseStartLine(line: string): SipMessage | undefined {
  const response = /^SIP\/\d+\.\d+ +(\d{3})(?: (.*))?$/.exec(line);
  const common = { headers: new Headers(), body: Buffer.alloc(0) };
  if (response?.[1] !== undefined) {
    return {
      kind: 'response',
      status: Number(response[1]),
      reason: (response[2] ?? '').trim(),
      ...common,
    };
  }
  // Not one expression for all of it: on thousands of spaces that would try for seconds.
  const text = line.trimEnd();
  const end = text.lastIndexOf(' ');
  const request = /^([A-Za-z0-9.!%*_+`'~-]+)[ \t]/.exec(text);
  const uri = text.slice(request?.[0].length ?? 0, end).trim();
  if (request?.[1] === undefined || uri === '' || !/^SIP\/\d+\.\d+$/i.test(text.slice(end + 1))) {
    return undefined;
  }
  return { kind: 'request', method: request[1], uri, ...common };
}

function startLineFault(line: string): Fault | undefined {
  if (line.startsWith('SIP/')) return undefined;
  if (!/ SIP\/2\.0\s*$/i.test(line)) return { status: 505, reason: 'Version Not Supported' };
  if (!/^[^\s]+ [^\s<>"]+ SIP\/2\.0$/i.test(line)) {
    return { status: 400, reason: 'Malformed Request Line' };
  }
  return undefined;
}

function parseHeaders(lines: string[], headers: Headers): Fault | undefined {
  let fault: Fault | undefined;
  if (lines.length > LIMITS.lines) fault = { status: 400, reason: 'Too Many Headers' };
  for (const line of lines.slice(0, LIMITS.lines)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trimEnd();

    if (!/^[A-Za-z0-9.!%*_+`'~-]+$/.test(name) || hasStrayControl(line)) {
      fault ??= { status: 400, reason: 'Malformed Header' };
    } else headers.append(name, line.slice(colon + 1).trim());
  }
  return fault;
}

/** NUL may stand behind a backslash in a quoted string (RFC 3261 section 25.1), CR nowhere. */
function hasStrayControl(line: string): boolean {
  return /\r|(?:^|[^\\])\x00/.test(line);
}

/** A datagram shorter than its `Content-Length` is refused, a longer one is cut (section 18.3). */
function takeBody(message: SipMessage, rest: Buffer): Fault | undefined {
  const lengths = new Set(message.headers.getAll('Content-Length'));
  if (lengths.size === 0) {
    message.body = rest.subarray(0, LIMITS.body);
    return rest.length > LIMITS.body ? TOO_LARGE : undefined;
  }
  const [text = ''] = lengths;
  const length = Number(text);
  if (lengths.size > 1 || !/^\d{1,9}$/.test(text)) {
    return { status: 400, reason: 'Malformed Content-Length' };
  }
  if (length > rest.length) return { status: 400, reason: 'Body Shorter Than Content-Length' };
  if (length > LIMITS.body) return TOO_LARGE;
  message.body = rest.subarray(0, length);
  return undefined;
}
