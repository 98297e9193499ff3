import { Headers } from '../message/Headers.ts';
import type { SipMessage } from '../message/SipMessage.ts';

/** What the application asks for, taken apart. */
export interface Command {
  messageId: string;
  /** `authenticate`, `route`, `sip`, ... */
  type: string;
  fields: string[];
  message: SipMessage | undefined;
}

/** Parses a payload of the control stream; undefined when there is no sense in it. */
export function parseCommand(payload: Buffer): Command | undefined {
  const end = payload.indexOf('\r\n');
  const head = payload.toString('latin1', 0, end < 0 ? undefined : end);
  const [messageId, type, ...fields] = head.split('|');
  if (messageId === undefined || messageId === '' || type === undefined) return undefined;
  const message = end < 0 ? undefined : parseApplicationMessage(payload.subarray(end + 2));
  return { messageId, type, fields, message };
}

/**
 * A SIP message as the application writes it: only what it cares about, the rest is filled in. Its
 * `Content-Length` counts UTF-16 units, so the body is simply what follows the headers.
 */
function parseApplicationMessage(raw: Buffer): SipMessage | undefined {
  const end = raw.indexOf('\r\n\r\n');
  const head = raw.toString('latin1', 0, end < 0 ? undefined : end);
  const [start = '', ...lines] = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = new Headers();
  for (const line of lines) {
    const match = /^([^\s:]+)\s*:(.*)$/s.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined)
      headers.append(match[1], match[2].trim());
  }
  headers.remove('Content-Length');
  const body = end < 0 ? Buffer.alloc(0) : raw.subarray(end + 4);
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(start);
  if (response?.[1] !== undefined) {
    const reason = response[2] ?? '';
    return { kind: 'response', status: Number(response[1]), reason, headers, body };
  }
  const request = /^([A-Z]+) ([^\s]+) SIP\/2\.0$/.exec(start);
  if (request?.[1] === undefined || request[2] === undefined) return undefined;
  return { kind: 'request', method: request[1], uri: request[2], headers, body };
}
