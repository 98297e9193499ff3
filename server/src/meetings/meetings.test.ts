import { describe, expect, it } from 'vitest';
import { NUMBER_PRIVACIES, parseConfig } from '@switchroom/protocol';
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
  const NUMBER = '+15550001234';
  it.each([
    ['Ann Smith', NUMBER, ['Ann Smith', 'Ann Smith', 'Ann Smith']],
    ['…1234', NUMBER, [NUMBER, '…1234', 'Phone']],
    [NUMBER, NUMBER, [NUMBER, '…1234', 'Phone']],
    ['Phone +1 555 000-1234', NUMBER, ['Phone +1 555 000-1234', 'Phone …1234', 'Phone']],
    ['Phone …1234', NUMBER, [`Phone ${NUMBER}`, 'Phone …1234', 'Phone']],
    ['Ann …1234', '', ['Ann …1234', 'Ann …1234', 'Ann']],
    ['Ann (+15550001234)', '', ['Ann (+15550001234)', 'Ann (…1234)', 'Ann']],
    ['Bea 555/888/5678', NUMBER, ['Bea 555/888/5678', 'Bea …5678', 'Bea']],
    ['555–010–1234', '', ['555–010–1234', '…1234', 'Phone']],
    ['５５５０１０１２３４', '', ['5550101234', '…1234', 'Phone']],
    ['Room 42', NUMBER, ['Room 42', 'Room 42', 'Room 42']],
    // An exchange's name for the extension that its number ends with.
    ['1234', NUMBER, ['1234', '1234', 'Phone']],
    ['Desk 001234', NUMBER, ['Desk 001234', 'Desk …1234', 'Desk']],
    ['Ann (1234)', NUMBER, ['Ann (1234)', 'Ann (1234)', 'Ann']],
    ['Room 34, 5550', NUMBER, ['Room 34, 5550', 'Room 34, 5550', 'Room 34, 5550']],
    ['1001 Ann', '1001', ['1001 Ann', '… Ann', 'Ann']],
    // An extension: too short for four digits to be hidden among the others.
    ['Phone', '1001', ['1001', 'Phone', 'Phone']],
    ['…', '12345', ['12345', '…', 'Phone']],
    ['Phone', '', ['Phone', 'Phone', 'Phone']],
    ['alice', 'alice', ['alice', 'alice', 'alice']],
  ])('%s of %s is shown as %j: whole, last four digits, none', (name, number, shown) => {
    expect(NUMBER_PRIVACIES.map((privacy) => phoneName({ name, number }, privacy))).toEqual(shown);
  });
});
