import { describe, expect, it } from 'vitest';
import { StreamFramer } from './StreamFramer.ts';

const one = (body: string, length = body.length): string =>
  `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP a\r\nContent-Length: ${length}\r\n\r\n${body}`;

describe('StreamFramer', () => {
  it('cuts two messages from one chunk', () => {
    const { messages } = new StreamFramer().push(Buffer.from(one('abc') + one('')));
    expect(messages.map(String)).toEqual([one('abc'), one('')]);
  });

  it('joins a message that comes byte by byte', () => {
    const framer = new StreamFramer();
    const text = Buffer.from(one('abc'));
    const got: string[] = [];
    for (const byte of text) got.push(...framer.push(Buffer.of(byte)).messages.map(String));
    expect(got).toEqual([one('abc')]);
    expect(framer.pendingBytes).toBe(0);
  });

  it('takes the compact form and a folded length', () => {
    const compact = one('xy').replace('Content-Length:', 'l :');
    const folded = one('xy').replace('Content-Length: 2', 'CONTENT-LENGTH:\r\n 2');
    const { messages } = new StreamFramer().push(Buffer.from(compact + folded));
    expect(messages.map(String)).toEqual([compact, folded]);
  });

  it('counts double CRLFs between messages as pings', () => {
    const framer = new StreamFramer();
    expect(framer.push(Buffer.from('\r\n\r\n')).pings).toBe(1);
    expect(framer.push(Buffer.from(`\r\n${one('')}`))).toMatchObject({ pings: 0 });
  });

  it.each([
    ['\r\n', '\r\n'],
    ['\r', '\n\r\n'],
    ['\r\n\r', '\n'],
  ])('counts a ping that comes in two pieces: %j and %j', (first, second) => {
    const framer = new StreamFramer();
    expect(framer.push(Buffer.from(first)).pings).toBe(0);
    expect(framer.push(Buffer.from(second)).pings).toBe(1);
    expect(framer.pendingBytes).toBe(0);
  });

  it('takes one CRLF before and one behind a message for no ping', () => {
    const framer = new StreamFramer();
    const pings = ['\r\n', one(''), '\r\n', one('abc')].map(
      (text) => framer.push(Buffer.from(text)).pings,
    );
    expect(pings).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ['no length', one('').replace(/Content-Length.*\r\n/, ''), 'no usable Content-Length', false],
    ['a length that is none', one('').replace(': 0', ': -1'), 'no usable Content-Length', false],
    ['a body that is too large', one('', 70_000), 'body too large', true],
    ['headers without end', 'x'.repeat(70_000), 'headers too large', true],
  ])('gives the stream up: %s', (_name, text, why, isOversized) => {
    const { messages, broken } = new StreamFramer().push(Buffer.from(one('abc') + text));
    expect(messages.map(String)).toEqual([one('abc')]);
    expect(broken?.why).toBe(why);
    expect(broken?.oversized?.toString()).toBe(isOversized ? text : undefined);
  });
});
