import { reasonOf } from './reasons.ts';
import type { SipMessage } from './SipMessage.ts';

/** The message as it goes over the wire; `Content-Length` is always that of the body, and last. */
export function serialize(message: SipMessage): Buffer {
  const start =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason === '' ? reasonOf(message.status) : message.reason}`;
  let head = `${start}\r\n`;
  for (const [name, value] of message.headers) {
    if (name !== 'Content-Length') head += `${name}: ${value}\r\n`;
  }
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), message.body]);
}
