import { describe, expect, it } from 'vitest';
import { parseArguments, UsageError } from './arguments.ts';

function parse(line: string) {
  return parseArguments(line.split(' '));
}

describe('parseArguments', () => {
  it('dials a number at home when no server is named', () => {
    const { host, port } = parseArguments(['--dial', '+15550100'], '192.0.2.7:5070');
    expect({ host, port }).toEqual({ host: '192.0.2.7', port: 5070 });
  });

  it('dials a number at the server', () => {
    expect(parse('--dial +15550100 --pin 123456')).toMatchObject({
      uri: 'sip:+15550100@127.0.0.1:5060',
      host: '127.0.0.1',
      port: 5060,
      pin: '123456',
      seconds: undefined,
    });
    expect(parse('--dial 555-0100 --server pbx.example.com:5080 --transport tcp')).toMatchObject({
      uri: 'sip:5550100@pbx.example.com:5080;transport=tcp',
      host: 'pbx.example.com',
      port: 5080,
    });
  });

  it('dials a SIP URI where it leads', () => {
    expect(parse('--dial sip:echo@sip.example.org')).toMatchObject({
      uri: 'sip:echo@sip.example.org',
      host: 'sip.example.org',
      port: 5060,
    });
    expect(parse('--dial sip:a@[::1]:5070;transport=tcp')).toMatchObject({
      uri: 'sip:a@[::1]:5070;transport=tcp',
      host: '::1',
      port: 5070,
    });
  });

  it('takes numbers within their bounds only', () => {
    expect(parse('--dial 1 --tone 440 --seconds 0.5')).toMatchObject({ tone: 440, seconds: 0.5 });
    expect(() => parse('--dial 1 --tone loud')).toThrow('--tone must be a number from 20 to 4000.');
    expect(() => parse('--dial 1 --seconds -1')).toThrow(UsageError);
  });

  it.each([
    ['', /no option|--dial/],
    ['--pin 1234', /--dial is missing/],
    ['--dial somebody', /a number or a SIP URI/],
    ['--dial sip:', /not a SIP URI/],
    ['--dial sip:a@b c', /cannot be used|no option/],
    ['--dial 1 --server here:there', /--server must be host:port/],
    ['--dial 1 --transport sctp', /udp or tcp/],
    ['--dial 1 --play a.wav --tone 440', /at once/],
    ['--dial 1 --loud', /--loud/],
  ])('refuses "%s" in one line', (line, message) => {
    expect(() => parse(line)).toThrow(message);
    expect(() => parse(line)).toThrow(UsageError);
  });

  it('never repeats a PIN that is wrong', () => {
    for (const line of [
      '--dial 1 --pin 12ab56',
      '--dial 1 --pin=12ab56 --loud',
      '--dial 1 12ab56',
    ]) {
      expect(() => parse(line)).toThrow(/^(?!.*12ab56)/);
    }
  });
});
