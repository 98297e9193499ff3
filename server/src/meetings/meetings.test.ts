import { describe, expect, it } from 'vitest';
import { parseConfig } from '@switchroom/protocol';
import { MeetingLinks } from './MeetingLinks.ts';
import { phoneName } from './phoneName.ts';

describe('MeetingLinks', () => {
  const plan = { promptNumbers: ['+15550100'] };
  const sipUri = (environment: Record<string, string>): string | undefined =>
    new MeetingLinks(parseConfig(environment), 'http://x', plan).dialIn[0]?.sipUri;

  it('the SIP address is the one that phones can reach', () => {
    expect(sipUri({})).toBe('sip:+15550100@127.0.0.1:5060');
    expect(
      sipUri({ SIP_HOST: '0.0.0.0', ANNOUNCED_ADDRESS: '203.0.113.7', SIP_PORT: '5080' }),
    ).toBe('sip:+15550100@203.0.113.7:5080');
    expect(sipUri({ SIP_HOST: '2001:db8::1' })).toBe('sip:+15550100@[2001:db8::1]:5060');
  });

  it('lists the numbers of the moment', () => {
    const numbers = { promptNumbers: ['+15550100'] };
    const links = new MeetingLinks(parseConfig({}), 'http://x', numbers);
    numbers.promptNumbers = ['+15550199'];
    expect(links.dialIn).toEqual([{ number: '+15550199', sipUri: 'sip:+15550199@127.0.0.1:5060' }]);
  });
});

describe('phoneName()', () => {
  it.each([
    ['Ann Smith', 'Ann Smith'],
    ['+15550001234', '…1234'],
    ['Phone +1 555 000-1234', 'Phone …1234'],
    ['Phone …1234', 'Phone …1234'],
    ['Room 42', 'Room 42'],
  ])('%s is shown as %s', (name, shown) => {
    expect(phoneName(name)).toBe(shown);
  });
});
