import { beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { tone } from '../../support/audio/tones.ts';
import { membersOf, openLine } from '../../support/phones/meetingLine.ts';
import { SippCarrier } from '../../support/phones/SippCarrier.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { Switchroom } from '../../support/Switchroom.ts';

/** The carrier's, which no trunk knows. */
const ADDRESS = '127.0.0.5';
const ACCOUNT = { username: 'switchroom-1', password: 'carrier-secret' };
/** How long a registration is good for, s: it is renewed before. */
const SECONDS = 2;

let switchroom: Switchroom;
let carrier: SippCarrier;

beforeAll(async () => {
  switchroom = await Switchroom.start();
  const { body } = await switchroom.rest.raw('GET', '/trunks');
  const loopback = (body as { id: string; name: string }[]).find((one) => one.name === 'loopback');
  const cidrs = ['127.0.0.1/32'];
  await switchroom.rest.raw('PATCH', `/trunks/${loopback!.id}`, { cidrs });
  const registers = { ...ACCOUNT, seconds: SECONDS };
  carrier = await SippCarrier.start({ calls: 'answered', address: ADDRESS, registers });
  return async () => {
    await carrier.close();
    await switchroom.stop();
  };
});

it('a carrier that wants it is registered with: proved, renewed in time, and given up in the end', async () => {
  const line = await openLine(switchroom);
  const call = { uri: line.uri, address: ADDRESS };
  const stranger = await SippPhone.dial({ ...call, refusal: 403 });
  await stranger.ended();
  await stranger.close();

  const outbound = { uri: carrier.uri, callerId: '+15550177', ...ACCOUNT, register: true };
  const made = await switchroom.rest.raw('POST', '/trunks', { name: 'Carrier', outbound });
  expect(made.status).toBe(201);
  const first = await carrier.request('REGISTER');
  expect(first.text).not.toMatch(/^Authorization:/im);
  expect(first.text).toMatch(/^To: .*<sip:switchroom-1@127\.0\.0\.5/im);
  expect(first.text).toMatch(new RegExp(`^Contact: <sip:[^@]+@${switchroom.sipAddress}`, 'im'));
  expect(first.text).toMatch(/^Expires: [1-9]/im);
  // Taken, it calls from where we are registered; what comes from there is let in.
  await eventually(() => /"registered":true/.test(switchroom.log), { what: 'the registration' });
  const sound = tone({ frequency: 440, seconds: 30 });
  const phone = await SippPhone.dial({ ...call, sound });
  await membersOf(switchroom, line, 1);
  await phone.close();

  const renewed = await eventually(async () => (await carrier.requests('REGISTER'))[3], {
    what: 'a renewal, proved as well',
  });
  expect(renewed.time - first.time).toBeLessThan(SECONDS + 0.5);
  const [callId, again] = [first, renewed].map(({ text }) => /^Call-ID: (.*)$/im.exec(text)?.[1]);
  expect(again).toBe(callId);

  const { id } = made.body as { id: string };
  expect((await switchroom.rest.raw('DELETE', `/trunks/${id}`)).status).toBeLessThan(300);
  await eventually(
    async () => (await carrier.requests('REGISTER')).some(({ text }) => /^Expires: 0/im.test(text)),
    { what: 'the farewell' },
  );
  expect(switchroom.log).not.toContain(ACCOUNT.password);
});
