import { afterEach, beforeEach, expect, it } from 'vitest';
import { RawPhone, SDP } from '../sip-server/testing/RawPhone.ts';
import { SipCaller } from './SipCaller.ts';

const ANSWER = { body: SDP, headers: ['Content-Type: application/sdp'] };

let caller: SipCaller;
let phone: RawPhone;

beforeEach(async () => {
  caller = await SipCaller.open('127.0.0.1');
  // The phone only answers, along the Via of what it is sent.
  phone = await RawPhone.open({ port: 9 });
});

afterEach(async () => {
  await caller.close();
  await phone.close();
});

/** What the phone does with each request; its answers go to who asked. */
function phoneDoes(
  act: (method: string, reply: (status: number, more?: object) => void) => void,
): void {
  phone.onMessage = (message) => {
    if (message.kind !== 'request') return;
    phone.answerTo(message);
    act(message.method, (status, more) => phone.reply(message, status, more));
  };
}

const uri = (): string => `sip:bob@127.0.0.1:${phone.port}`;

it('asks for a session timer, and again for a longer one where 422 wants it', async () => {
  phoneDoes((method, reply) => {
    const invites = phone.requests.filter((one) => one.method === 'INVITE');
    if (method === 'BYE') reply(200);
    else if (method === 'INVITE' && invites.length > 1) reply(200, ANSWER);
    else if (method === 'INVITE') reply(422, { headers: ['Min-SE: 3600'] });
  });
  const call = await caller.call({ uri: uri(), offer: SDP, onProgress: () => undefined });
  const asked = phone.requests.filter((one) => one.method === 'INVITE');
  expect(asked.map((one) => one.headers.get('Session-Expires'))).toEqual(['1800', '3600']);
  expect(asked[1]?.headers.get('Min-SE')).toBe('3600');
  await call.hangUp();
});

it('hangs up a call whose answer met our CANCEL, and says that it was given up', async () => {
  const giveUp = new AbortController();
  const invites = (): (typeof phone.requests)[number] => phone.requests[0]!;
  phoneDoes((method, reply) => {
    if (method === 'INVITE') reply(180);
    if (method === 'BYE') reply(200);
    if (method === 'CANCEL') {
      phone.reply(invites(), 200, ANSWER);
      reply(481);
    }
  });
  const request = { uri: uri(), offer: SDP, onProgress: () => giveUp.abort() };
  const call = caller.call({ ...request, signal: giveUp.signal });
  await expect(call).rejects.toMatchObject({ name: 'CallRefused', status: 487 });
  await phone.expectRequest('BYE');
});
