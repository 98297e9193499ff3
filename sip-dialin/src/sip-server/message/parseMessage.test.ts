import { describe, expect, it } from 'vitest';
import { listOf } from './lists.ts';
import { parseNameAddr, tagOf } from './nameAddr.ts';
import { parseMessage, parseOversized, type Parsed } from './parseMessage.ts';
import { serialize } from './serialize.ts';
import { cseqOf, type SipMessage } from './SipMessage.ts';
import { parseSipUri } from './uri.ts';
import { topVia } from './via.ts';

const crlf = (text: string): Buffer =>
  Buffer.from(text.replace(/^\n/, '').replaceAll('\n', '\r\n'));

function message(parsed: Parsed): SipMessage {
  if (parsed.outcome !== 'message') throw new Error(JSON.stringify(parsed));
  return parsed.message;
}

/** An OPTIONS that is right, with some lines changed or added. */
function options(edit: (text: string) => string = (text) => text): Buffer {
  const text = `
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:caller@example.org;tag=33242
Max-Forwards: 3
Call-ID: call.0ha0isndaksdj@192.0.2.1
CSeq: 8 OPTIONS
Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bKkdjuw
Content-Length: 0

`;
  return crlf(edit(text));
}

describe("RFC 4475's valid messages", () => {
  it('3.1.1.1 a short tortuous INVITE: folding, compact forms, odd spaces and escapes', () => {
    const parsed = parseMessage(
      crlf(`
INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : 3
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

v=0`),
    );
    const { headers, body } = message(parsed);
    expect(tagOf(headers.get('To'))).toBe('1918181833n');
    expect(tagOf(headers.get('From'))).toBe('98asjd8');
    expect(cseqOf(message(parsed))).toEqual({ seq: 9, method: 'INVITE' });
    expect(topVia(message(parsed))).toMatchObject({ transport: 'UDP', host: '192.0.2.2' });
    expect(listOf(headers.getAll('Via'))).toHaveLength(3);
    expect(parseNameAddr(headers.get('Contact') ?? '')?.params.get('newparam')).toBe('newvalue');
    expect(headers.get('NewFangledHeader')).toBe('newfangled value continued newfangled value');
    expect(headers.get('Subject')).toBe('');
    expect(body.toString()).toBe('v=0');
  });

  it('3.1.1.2 every character that a method may have', () => {
    const method = "!interesting-Method0123456789_*+`.%indeed'~";
    const parsed = parseMessage(options((text) => text.replaceAll('OPTIONS', method)));
    expect(message(parsed)).toMatchObject({ method });
  });

  it('3.1.1.3 escapes in a URI stay as they are', () => {
    const uri = 'sip:sips%3Auser%40example.com@example.net';
    const parsed = message(
      parseMessage(options((text) => text.replace('sip:user@example.com', uri))),
    );
    expect(parsed).toMatchObject({ uri });
    expect(parseSipUri(uri)).toMatchObject({
      user: 'sips%3Auser%40example.com',
      host: 'example.net',
    });
  });

  it('3.1.1.6 a response is one value of Content-Length, and bytes beyond it are dropped', () => {
    const parsed = parseMessage(options((text) => `${text}INVITE sip:other@example.com SIP/2.0\n`));
    expect(message(parsed).body).toHaveLength(0);
  });

  it('3.1.1.7 long values', () => {
    const tag = 'x'.repeat(8000);
    const parsed = parseMessage(options((text) => text.replace('33242', tag)));
    expect(tagOf(message(parsed).headers.get('From'))).toBe(tag);
  });

  it('3.1.1.9 semicolons in the user part', () => {
    const uri = 'sip:user;par=u%40example.net@example.com';
    expect(parseSipUri(uri)).toMatchObject({
      user: 'user;par=u%40example.net',
      host: 'example.com',
    });
  });

  it('3.1.1.12 and 13 a reason of other letters, and none', () => {
    const answer = (start: string): SipMessage =>
      message(
        parseMessage(
          options((text) => text.replace('OPTIONS sip:user@example.com SIP/2.0', start)),
        ),
      );
    const reason = 'SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять';
    expect(serialize(answer(reason)).toString()).toContain(reason);
    expect(answer('SIP/2.0 100 ')).toMatchObject({ status: 100, reason: '' });
  });

  it('compact forms of every kind, and bare line feeds', () => {
    const parsed = parseMessage(
      Buffer.from(
        options((text) =>
          text
            .replace('To:', 't:')
            .replace('From:', 'f:')
            .replace('Call-ID:', 'i:')
            .replace('Via:', 'v:'),
        )
          .toString()
          .replaceAll('\r\n', '\n'),
      ),
    );
    expect(message(parsed).headers.get('Call-ID')).toBe('call.0ha0isndaksdj@192.0.2.1');
  });
});

describe("RFC 4475's invalid messages are refused, or met with silence", () => {
  const refusals: [string, (text: string) => string, number][] = [
    [
      '3.1.2.2 Content-Length larger than the message',
      (t) => t.replace('Length: 0', 'Length: 9999'),
      400,
    ],
    ['3.1.2.3 negative Content-Length', (t) => t.replace('Length: 0', 'Length: -999'), 400],
    ['3.1.2.4 CSeq out of range', (t) => t.replace('CSeq: 8', 'CSeq: 36893488147419103232'), 400],
    ['3.1.2.4 Max-Forwards out of range', (t) => t.replace('Forwards: 3', 'Forwards: 30000'), 400],
    ['3.1.2.6 an open quote', (t) => t.replace('To: sip', 'To: "Mr. J. User <sip'), 400],
    [
      '3.1.2.7 brackets around the Request-URI',
      (t) => t.replace('S sip:user@example.com', 'S <sip:user@example.com>'),
      400,
    ],
    [
      '3.1.2.8 spaces within the Request-URI',
      (t) => t.replace('S sip:user@example.com', 'S sip:user@example.com; lr'),
      400,
    ],
    [
      '3.1.2.9 many spaces in the request line',
      (t) => t.replace('S sip:user@example.com', 'S   sip:user@example.com'),
      400,
    ],
    [
      '3.1.2.10 spaces at the end of the request line',
      (t) => t.replace('SIP/2.0\n', 'SIP/2.0  \n'),
      400,
    ],
    ['3.1.2.16 an unknown version', (t) => t.replace(' SIP/2.0\n', ' SIP/7.0\n'), 505],
    ['3.1.2.17 methods that differ', (t) => t.replace('8 OPTIONS', '8 INVITE'), 400],
    ['3.3.1 a missing header', (t) => t.replace(/Call-ID.*\n/, ''), 400],
    [
      '3.3.8 a header twice, with two values',
      (t) => t.replace('CSeq', 'CSeq: 5 OPTIONS\nCSeq'),
      400,
    ],
    ['3.3.9 Content-Length twice', (t) => t.replace('Content', 'Content-Length: 5\nContent'), 400],
    ['a line that is no header', (t) => t.replace('CSeq', 'this is no header\nCSeq'), 400],
    ['a zero byte in a header', (t) => t.replace('33242', 'a\0b'), 400],
    [
      'more lines than anyone needs',
      (t) => t.replace('Content', 'X-A: b\n'.repeat(400) + 'Content'),
      400,
    ],
  ];

  it.each(refusals)('%s', (_name, edit, status) => {
    expect(parseMessage(options(edit))).toMatchObject({ outcome: 'refused', status });
  });

  const silences: [string, Buffer][] = [
    [
      '3.1.2.19 a response with an impossible status',
      options((t) => t.replace(/^\n.*\n/, '\nSIP/2.0 4294967301 better\n')),
    ],
    [
      'a response without CSeq',
      options((t) => t.replace(/^\n.*\n/, '\nSIP/2.0 200 OK\n').replace(/CSeq.*\n/, '')),
    ],
    ['a malformed ACK', options((t) => t.replaceAll('OPTIONS', 'ACK').replace(/Call-ID.*\n/, ''))],
    ['a request without Via', options((t) => t.replace(/Via.*\n/, ''))],
    ['a request with a Via of nonsense', options((t) => t.replace('SIP/2.0/UDP', 'SIP/2.0/'))],
    ['noise', Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 7) % 256))],
    ['headers without an end', Buffer.from('OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a')],
    ['headers that are too large', options((t) => t.replace('33242', 'x'.repeat(40_000)))],
  ];

  it.each(silences)('%s', (_name, data) => {
    expect(parseMessage(data).outcome).toBe('ignored');
  });

  it('headers that are too large, where those of the answer can be read', () => {
    const big = (name: string): Buffer =>
      options((t) => t.replace('CSeq', `${name}: ${'x'.repeat(33_000)}\nCSeq`));
    expect(parseMessage(big('X-Big'))).toMatchObject({
      ...{ outcome: 'refused', status: 513, reason: 'Message Too Large' },
      request: { method: 'OPTIONS' },
    });
    expect(parseMessage(big('Via')).outcome).toBe('ignored');
    const response = options((t) => t.replace(/^\n.*\n/, '\nSIP/2.0 200 OK\n'));
    expect(parseOversized(response).outcome).toBe('ignored');
  });

  it('what there is of a head that is too large', () => {
    const whole = options((t) => t.replace(/\n*$/, `\nX-Big: ${'x'.repeat(33_000)}`));
    expect(parseOversized(whole)).toMatchObject({ outcome: 'refused', status: 513 });
    const cut = whole.subarray(0, whole.indexOf('CSeq') + 8);
    expect(parseOversized(cut)).toMatchObject({ outcome: 'ignored', why: 'headers too large' });
    expect(parseOversized(Buffer.from('x'.repeat(40_000))).outcome).toBe('ignored');
  });

  it('thousands of spaces in the start line take no time', () => {
    const spaces = ' '.repeat(30_000);
    expect(parseMessage(Buffer.from(`A${spaces}x${spaces}\r\n\r\n`)).outcome).toBe('ignored');
  });

  it('a body that is too large', () => {
    const data = options((t) => t.replace('Length: 0', 'Length: 70000') + 'x'.repeat(70_000));
    expect(parseMessage(data)).toMatchObject({ outcome: 'refused', status: 513 });
  });

  it('an INVITE without a Contact, or with two', () => {
    const invite = (contact: string): Parsed =>
      parseMessage(
        options((t) => t.replaceAll('OPTIONS', 'INVITE').replace('CSeq', `${contact}CSeq`)),
      );
    expect(invite('')).toMatchObject({ outcome: 'refused', reason: 'Missing Contact' });
    expect(invite('Contact: <sip:a@b>, <sip:c@d>\n')).toMatchObject({ outcome: 'refused' });
    expect(invite('Contact: <sip:a@b>\n').outcome).toBe('message');
  });
});

describe('keep-alives', () => {
  it.each([['\r\n\r\n'], ['\0\0\0\0'], ['']])('%j is no message', (text) => {
    expect(parseMessage(Buffer.from(text))).toEqual({ outcome: 'keepalive' });
  });
});

describe('round trips', () => {
  it('what is parsed is written again byte by byte, letters of other alphabets included', () => {
    const data = options((t) =>
      t.replace('To: sip:user@example.com', 'To: "Žluťoučký" <sip:user@example.com>'),
    );
    const once = serialize(message(parseMessage(data)));
    expect(once.toString()).toContain('"Žluťoučký" <sip:user@example.com>');
    expect(serialize(message(parseMessage(once))).equals(once)).toBe(true);
  });

  it('IPv6 hosts keep their brackets', () => {
    const uri = parseSipUri('sip:a@[2001:db8::1]:5070;transport=tcp');
    expect(uri).toMatchObject({ host: '2001:db8::1', port: 5070 });
    expect(uri?.params.get('transport')).toBe('tcp');
  });
});
