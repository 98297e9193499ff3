import { afterEach, describe, expect } from 'vitest';
import { RawPhone } from '../../../sip-dialin/src/sip-server/testing/RawPhone.ts';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { outboundTrunk } from '../../support/phones/dialOut.ts';
import { openLine } from '../../support/phones/meetingLine.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { request, WAIT } from '../../support/phones/sippScenario.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

let switchroom: Switchroom;
const phones: { close(): Promise<void> }[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

async function raw(): Promise<RawPhone> {
  const phone = await RawPhone.open({ port: Number(switchroom.sipAddress.split(':')[1]) });
  phones.push(phone);
  return phone;
}

describe('OPTIONS', () => {
  it('out of a call tells what we take', async () => {
    const phone = await raw();
    phone.send(phone.compose('OPTIONS', 1, { uri: `sip:${switchroom.sipAddress}` }));
    const { headers } = await phone.expect(200, 'OPTIONS');
    const allowed = headers.get('Allow')?.split(/, */);
    expect(allowed).toEqual(expect.arrayContaining(['INVITE', 'UPDATE', 'PRACK', 'REFER']));
    expect(headers.get('Accept')).toContain('application/sdp');
  });

  it('within a call is answered, and one of a call that is no more gets 481', async () => {
    const { uri } = await openLine(switchroom);
    const sound = tone({ frequency: 440, seconds: 20 });
    const steps = [WAIT, request('OPTIONS', '[next_url]', ''), '<recv response="200"/>'];
    const phone = await SippPhone.dial({ uri, sound, scenario: { steps } });
    phones.push(phone);
    await eventually(() => phone.capture.received().length > 10, { what: 'the call' });
    await phone.proceed();
    const answered = /^SIP\/2\.0 200 [^]*^CSeq: *\d+ OPTIONS/m;
    await eventually(async () => answered.test(await phone.messages()), { what: 'a 200' });

    const gone = await raw();
    gone.send(gone.compose('OPTIONS', 5, { toTag: 'nobody' }));
    await gone.expect(481, 'OPTIONS');
  });

  it('asks a trunk that takes our calls at once whether it is there', async () => {
    const carrier = await raw();
    carrier.onMessage = (message) => {
      if (message.kind === 'request') carrier.reply(message, 200);
    };
    await outboundTrunk(switchroom, 'carrier', { uri: `sip:127.0.0.1:${carrier.port}` });
    const question = await carrier.expectRequest('OPTIONS');
    expect(question.uri).toContain(`127.0.0.1:${carrier.port}`);
    // It has its answer: no second one of the same transaction comes.
    const branches = carrier.requests.map(({ headers }) => headers.get('Via'));
    expect(new Set(branches).size).toBe(branches.length);
  });
});
