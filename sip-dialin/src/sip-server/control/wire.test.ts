import { describe, expect, it } from 'vitest';
import { Headers } from '../message/Headers.ts';
import type { SipMessage } from '../message/SipMessage.ts';
import { parseCommand } from './command.ts';
import { accepted, callRecord, refused, requestSent, responseSent, sipMessage } from './wire.ts';

const ok: SipMessage = {
  kind: 'response',
  status: 200,
  reason: 'OK',
  headers: new Headers().append('call-id', 'abc'),
  body: Buffer.alloc(0),
};
const RAW = 'SIP/2.0 200 OK\r\nCall-ID: abc\r\nContent-Length: 0\r\n\r\n';
const passage = {
  transport: 'udp',
  host: '127.0.0.1',
  port: 5091,
  time: '20:23:27.087556',
  transactionId: 'txn',
  dialogId: 'abc;from-tag=1',
};

/** The payload without its own id; fails when the length field is wrong. */
function payload(frame: Buffer): string {
  const text = frame.toString();
  const hash = text.indexOf('#');
  const [length, rest] = [text.slice(0, hash), text.slice(hash + 1)];
  expect(Buffer.byteLength(rest)).toBe(Number(length));
  expect(rest[36]).toBe('|');
  return rest.slice(37);
}

describe("drachtio's messages, as a real server writes them", () => {
  const bytes = RAW.length;

  it('a request outside of dialogs tells where it was received', () => {
    const frame = sipMessage(
      'network',
      ok,
      { ...passage, dialogId: '' },
      { host: '127.0.0.1', port: 5070 },
    );
    expect(payload(frame)).toBe(
      `sip|network|${bytes}|udp|127.0.0.1|5091|20:23:27.087556|txn||127.0.0.1|5070|\r\n${RAW}`,
    );
  });

  it('one within a dialog does not', () => {
    expect(payload(sipMessage('network', ok, passage))).toBe(
      `sip|network|${bytes}|udp|127.0.0.1|5091|20:23:27.087556|txn|abc;from-tag=1|\r\n${RAW}`,
    );
  });

  it('sent requests and responses are told in shapes of their own', () => {
    const head = `OK|application|${bytes}|udp|127.0.0.1|5091|20:23:27.087556|txn`;
    expect(payload(requestSent('m1', ok, passage))).toBe(
      `response|m1|${head}|Msg sent:|\r\n${RAW}`,
    );
    expect(payload(responseSent('m1', ok, passage))).toBe(
      `response|m1|${head}|abc;from-tag=1||Msg sent:|\r\n${RAW}`,
    );
  });

  it('plain answers and call records', () => {
    expect(payload(accepted('m1'))).toBe('response|m1|OK');
    expect(payload(refused('m1', 'Server error: no'))).toBe('response|m1|NOK|Server error: no');
    expect(payload(callRecord('cdr:attempt', 'network', 'now', undefined, ok))).toBe(
      `cdr:attempt|network|now\r\n${RAW}`,
    );
    expect(payload(callRecord('cdr:start', 'application', 'now', 'uas', ok))).toBe(
      `cdr:start|application|now|uas\r\n${RAW}`,
    );
  });
});

describe('parseCommand', () => {
  const parse = (text: string): ReturnType<typeof parseCommand> => parseCommand(Buffer.from(text));

  it('takes a command without a message', () => {
    expect(parse('m1|route|invite')).toEqual({
      messageId: 'm1',
      type: 'route',
      fields: ['invite'],
      message: undefined,
    });
  });

  it('takes the body to the end, whatever Content-Length says', () => {
    const command = parse(
      'm1|sip|t|\r\nSIP/2.0 200 OK\r\nContent-Length: 1\r\nfoo: bar\r\n\r\nžluť\r\n\r\n',
    );
    expect(command?.fields).toEqual(['t', '']);
    expect(command?.message).toMatchObject({ kind: 'response', status: 200, reason: 'OK' });
    expect(command?.message?.headers.get('Foo')).toBe('bar');
    expect(command?.message?.headers.has('Content-Length')).toBe(false);
    expect(command?.message?.body.toString()).toBe('žluť\r\n\r\n');
  });

  it('makes nothing of nonsense', () => {
    expect(parse('nonsense')).toBeUndefined();
    expect(parse('m1|sip||\r\nhello')?.message).toBeUndefined();
  });
});
