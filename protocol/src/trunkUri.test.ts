import { expect, it } from 'vitest';
import { parseTrunkUri } from './trunkUri.ts';

it.each([
  ['sip:carrier.example.net', { host: 'carrier.example.net', port: undefined, secure: false }],
  ['SIP:carrier:5070;transport=TCP', { host: 'carrier', port: 5070, transport: 'tcp' }],
  ['sip:192.0.2.1:65535', { host: '192.0.2.1', domain: '192.0.2.1', port: 65_535 }],
  ['sip:[2001:db8::1]:5060', { host: '2001:db8::1', domain: '[2001:db8::1]', port: 5060 }],
  ['sips:h.example;transport=tcp', { scheme: 'sips', transport: 'tls', secure: true }],
])('reads %s', (uri, parts) => expect(parseTrunkUri(uri)).toMatchObject(parts));

it.each([
  ...['sip:2001:db8::1', 'sip:a:b:c', 'sip:[::1', 'sip:[]', 'sip:::', 'sip:[192.0.2.1]'],
  ...['sip:192.0.2.1:', 'sip:192.0.2.1:99999', 'sip:192.0.2.1:0', 'sip:192.0.2.999', 'sip:1'],
  ...['sip:%00', 'sip:a,b', 'sip:\u202eabc', 'sip:-a', 'sip:', 'sip:user@host', 'tel:+1555'],
  ...['sips:h;transport=udp', 'sip:h;transport=ws', 'sip:h;lr', 'sip:h\r\nX: y', 'sip:h '],
])('is no URI of a trunk: %j', (uri) => expect(parseTrunkUri(uri)).toBeUndefined());
