import { describe, expect, it } from 'vitest';
import { callerOf } from './caller.ts';
import { parseDtmfInfo } from './dtmfInfo.ts';
import { parseNameAddr } from './nameAddr.ts';
import { toE164 } from './phoneNumber.ts';
import { isHold } from './sdp.ts';
import { phoneSdp } from './testing/FakeCall.ts';

describe('toE164()', () => {
  it.each(['+15550100', '15550100', '0015550100', '+1 555-0100', '1.555.0100'])(
    'reads %s',
    (dialled) => expect(toE164(dialled)).toBe('+15550100'),
  );

  it.each(['', 'alice', '+1', '1234', '+1234567890123456', '+1555o100'])(
    'takes %j for no number',
    (dialled) => expect(toE164(dialled)).toBeUndefined(),
  );
});

describe('parseNameAddr()', () => {
  it.each([
    ['"Ada \\"L\\"" <sip:+15550123@a.b;user=phone>;tag=1', 'Ada "L"', '+15550123'],
    ['Ada Lovelace <sips:ada@a.b>', 'Ada Lovelace', 'ada'],
    ['sip:15550123@127.0.0.1:5060;tag=x', '', '15550123'],
    ['<tel:+1-555-0123;phone-context=x>', '', '+1-555-0123'],
    ['<sip:+15550123;isub=1@a.b>', '', '+15550123'],
    ['<sip:%2B15550123@a.b>', '', '+15550123'],
    ['<sip:%zz@a.b>', '', '%zz'],
    ['<sip:a.b>', '', ''],
    ['nonsense', '', ''],
  ])('reads %s', (header, name, user) => {
    expect(parseNameAddr(header)).toEqual({ name, user });
  });
});

describe('callerOf()', () => {
  const from = '"Ada" <sip:+15550123@a.b>;tag=1';

  it('takes name and number of From', () => {
    expect(callerOf({ from })).toEqual({ name: 'Ada', number: '+15550123', key: '+15550123' });
  });

  it('prefers the number that the network asserts', () => {
    const assertedIdentity = '<sip:+15550199@carrier>';
    expect(callerOf({ from, assertedIdentity }).number).toBe('+15550199');
  });

  it('takes the name that the network asserts where From has none', () => {
    const assertedIdentity = '"Ada L" <sip:+15550199@carrier>;party=calling;privacy=off';
    expect(callerOf({ from, assertedIdentity }).name).toBe('Ada');
    const nameless = '<sip:+15550123@a.b>';
    expect(callerOf({ from: nameless, assertedIdentity }).name).toBe('Ada L');
    expect(callerOf({ from: nameless, remotePartyId: assertedIdentity }).name).toBe('Ada L');
  });

  it.each(['full', 'name', 'uri; screen=yes'])('heeds Remote-Party-ID: privacy=%s', (privacy) => {
    const remotePartyId = `"Ada L" <sip:+15550199@carrier>;party=calling;privacy=${privacy}`;
    const withheld = { name: 'Phone', number: '' };
    expect(callerOf({ from, remotePartyId })).toMatchObject(withheld);
    const assertedIdentity = '<sip:+15550199@carrier>';
    expect(callerOf({ from, assertedIdentity, remotePartyId })).toMatchObject(withheld);
  });

  it('masks the number when there is no name, or the name is a number', () => {
    expect(callerOf({ from: '<sip:15550123@a.b>' }).name).toBe('…0123');
    expect(callerOf({ from: '"+1 555-0123" <sip:15550123@a.b>' }).name).toBe('…0123');
    for (const name of ['+1/555/0123', '1–555–01,23', '１５５５０１２３', '1 5 5 5*0 1 2*3']) {
      expect(callerOf({ from: `"${name}" <sip:15550123@a.b>` }).name).toBe('…0123');
    }
    expect(callerOf({ from: '<sip:bob-5550-1012-34@a.b>' }).name).toBe('Phone');
  });

  it('shows a user that is a name', () => {
    expect(callerOf({ from: '<sip:ada@a.b>' })).toMatchObject({ name: 'ada', number: 'ada' });
  });

  it.each([
    [{ from: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1' }],
    [{ from, privacy: 'id;critical' }],
    [{ from: 'nonsense' }],
  ])('is just a phone when withheld: %j', (headers) => {
    const { key, ...shown } = callerOf(headers);
    expect(shown).toEqual({ name: 'Phone', number: '' });
    expect(key).not.toMatch(/5550/);
  });

  it('tells withheld callers apart by what the network says to us, and by nothing that can be read', () => {
    const anonymous = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1';
    const keyOf = (number: string): string =>
      callerOf({ from: anonymous, assertedIdentity: `<sip:${number}@carrier>` }).key;
    expect(keyOf('+15550123')).toBe(keyOf('15550123'));
    expect(keyOf('+15550123')).not.toBe(keyOf('+15550124'));
    expect(callerOf({ from, privacy: 'id' }).key).toBe(keyOf('+15550123'));
    expect(keyOf('anonymous')).toBe('');
    expect(callerOf({ from: anonymous, privacy: 'id' }).key).toBe('');
  });

  it('keeps names short and free of control characters', () => {
    const { name } = callerOf({ from: `"\u202E${'x'.repeat(100)}" <sip:ada@a.b>` });
    expect(name).toBe('x'.repeat(60));
    const cut = callerOf({ from: `"${'x'.repeat(59)}😀" <sip:ada@a.b>` }).name;
    expect(cut).toBe('x'.repeat(59));
  });
});

describe('parseDtmfInfo()', () => {
  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160', '5'],
    ['Application/DTMF-Relay; x=y', 'Signal= #\r\nDuration=160\r\n', '#'],
    ['application/dtmf-relay', 'Duration=160\r\nSignal=10', '*'],
    ['application/dtmf', '*', '*'],
    ['application/dtmf', 'd\r\n', 'D'],
    ['application/dtmf', '11', '#'],
  ])('reads %s %j', (type, body, key) => {
    expect(parseDtmfInfo(type, body)).toEqual({ type: 'key', key });
  });

  it.each(['', 'Signal=\r\n', 'Signal=55', 'Signal=E'])('says bad to %j', (body) => {
    expect(parseDtmfInfo('application/dtmf-relay', body)).toEqual({ type: 'bad' });
  });

  it('does not know other types', () => {
    expect(parseDtmfInfo('application/sdp', 'v=0')).toEqual({ type: 'unsupported' });
    expect(parseDtmfInfo('', '5')).toEqual({ type: 'unsupported' });
  });
});

describe('isHold()', () => {
  it.each([
    ['sendonly', true],
    ['inactive', true],
    ['recvonly', false],
    ['sendrecv', false],
  ])('%s: %s', (direction, hold) => expect(isHold(phoneSdp(direction))).toBe(hold));

  it('counts the session where the media says nothing, and 0.0.0.0', () => {
    const silent = phoneSdp().replace('a=sendrecv\r\n', '');
    expect(isHold(silent)).toBe(false);
    expect(isHold(silent.replace('t=0 0', 't=0 0\r\na=inactive'))).toBe(true);
    expect(isHold(silent.replace('c=IN IP4 127.0.0.1', 'c=IN IP4 0.0.0.0'))).toBe(true);
    expect(isHold(phoneSdp().replace('c=IN IP4 127.0.0.1', 'c=IN IP4 0.0.0.0'))).toBe(true);
    expect(isHold(phoneSdp().replace('c=IN IP4 127.0.0.1', 'c=IN IP6 ::'))).toBe(true);
  });

  it.each(['m=video 0 RTP/AVP 96', 'm=audio 0 RTP/SAVP 0', 'm=image 0 udptl t38'])(
    'reads the audio that is in use, behind %s',
    (first) => {
      const behind = (direction: string, of: string): string =>
        phoneSdp(of).replace('m=audio', `${first}\r\na=${direction}\r\nm=audio`);
      expect(isHold(behind('inactive', 'sendrecv'))).toBe(false);
      expect(isHold(behind('sendrecv', 'sendonly'))).toBe(true);
    },
  );

  it('goes by the medium that we have answered', () => {
    const both = phoneSdp('sendonly') + audioOf(phoneSdp('sendrecv'));
    const ours = phoneSdp('recvonly').replace(/m=audio \d+/, 'm=audio 0') + audioOf(phoneSdp());
    expect(isHold(both, ours)).toBe(false);
    expect(isHold(both)).toBe(true);
  });
});

/** What stands after the session's own lines. */
function audioOf(sdp: string): string {
  return sdp.slice(sdp.indexOf('m=audio'));
}
