import type { SipMessage } from '../message/SipMessage.ts';

/** drachtio applications leave the type of a session description to the server. */
export function defaultContentType(message: SipMessage): void {
  const isSdp = message.body.subarray(0, 2).toString('latin1') === 'v=';
  if (isSdp && !message.headers.has('Content-Type')) {
    message.headers.append('Content-Type', 'application/sdp');
  }
}
