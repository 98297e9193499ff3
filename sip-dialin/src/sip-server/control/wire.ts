import { randomUUID } from 'node:crypto';
import { serialize } from '../message/serialize.ts';
import type { SipMessage } from '../message/SipMessage.ts';

/*
 * The messages of drachtio's control protocol, as drachtio-server 0.9 writes them. Which fields are
 * empty and which have a bar at their end is part of it.
 */

/** How a SIP message travelled. */
export interface Passage {
  /** '' where drachtio-server leaves it empty. */
  transport: string;
  host: string;
  port: number;
  /** `HH:MM:SS.micros` */
  time: string;
  transactionId: string;
  dialogId: string;
}

export type Source = 'network' | 'application';

/** A request or response for the application. `receivedOn` is told for requests outside of dialogs. */
export function sipMessage(
  source: Source,
  message: SipMessage,
  passage: Passage,
  receivedOn?: { host: string; port: number },
): Buffer {
  const raw = serialize(message);
  const to = receivedOn === undefined ? '' : `${receivedOn.host}|${receivedOn.port}|`;
  const { transactionId, dialogId } = passage;
  return frame(`sip|${source}|${travelled(raw, passage)}|${transactionId}|${dialogId}|${to}`, raw);
}

/** The answer to a request of the application that was sent as `message`. */
export function requestSent(messageId: string, message: SipMessage, passage: Passage): Buffer {
  const raw = serialize(message);
  const head = `response|${messageId}|OK|application|${travelled(raw, passage)}`;
  return frame(`${head}|${passage.transactionId}|Msg sent:|`, raw);
}

/** The answer to a response of the application that was sent as `message`. */
export function responseSent(messageId: string, message: SipMessage, passage: Passage): Buffer {
  const raw = serialize(message);
  const head = `response|${messageId}|OK|application|${travelled(raw, passage)}`;
  return frame(`${head}|${passage.transactionId}|${passage.dialogId}||Msg sent:|`, raw);
}

export function accepted(messageId: string, ...fields: string[]): Buffer {
  return frame(['response', messageId, 'OK', ...fields].join('|'));
}

export function refused(messageId: string, reason: string): Buffer {
  return frame(`response|${messageId}|NOK|${reason}`);
}

/** A call detail record: `cdr:attempt`, `cdr:start|...|uas`, `cdr:stop|...|normal-release`. */
export function callRecord(
  event: string,
  source: Source,
  time: string,
  detail: string | undefined,
  message: SipMessage,
): Buffer {
  const more = detail === undefined ? '' : `|${detail}`;
  return frame(`${event}|${source}|${time}${more}`, serialize(message));
}

function travelled(raw: Buffer, { transport, host, port, time }: Passage): string {
  return `${raw.length}|${transport}|${host}|${port}|${time}`;
}

function frame(head: string, raw?: Buffer): Buffer {
  const text = `${randomUUID()}|${head}${raw === undefined ? '' : '\r\n'}`;
  const payload =
    raw === undefined ? Buffer.from(text) : Buffer.concat([Buffer.from(text, 'latin1'), raw]);
  return Buffer.concat([Buffer.from(`${payload.length}#`), payload]);
}
