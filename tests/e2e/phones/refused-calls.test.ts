import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { levelAt } from '../../support/audio/goertzel.ts';
import { promptIn } from '../../support/audio/prompts.ts';
import { duration, slice } from '../../support/audio/Sound.ts';
import { silence, tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { SippPhone, type SippOptions } from '../../support/phones/SippPhone.ts';
import { childOf } from '../../support/process/childOf.ts';
import { Switchroom } from '../../support/Switchroom.ts';

/** None of a hash's digits are likely to look like it. */
const WRONG_PIN = '918273';

let switchroom: Switchroom;
const phones: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  switchroom = await Switchroom.start();
  return () => switchroom.stop();
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

async function call(options: Partial<SippOptions> = {}): Promise<SippPhone> {
  const uri = `sip:+15550100@${switchroom.sipAddress}`;
  const phone = await SippPhone.dial({ uri, ...options });
  phones.push(phone);
  return phone;
}

/** Waits until a prompt is said, after `since` s of what the phone heard. */
async function hears(phone: BaresipPhone, prompt: string, since = 0): Promise<void> {
  await eventually(async () => promptIn(slice(await phone.heard(), since), prompt), {
    what: `the prompt "${prompt}"`,
    every: 300,
  });
}

describe('a call that is not let in', () => {
  it('with a wrong PIN three times hears so, then goodbye, and is hung up', async () => {
    await switchroom.rest.createMeeting();
    const phone = await BaresipPhone.start({ sound: silence(60) });
    phones.push(phone);
    await phone.dial(`sip:+15550100@${switchroom.sipAddress}`);
    await hears(phone, 'welcome');
    for (const answer of ['enter-pin', 'enter-pin', 'goodbye']) {
      const before = duration(await phone.heard());
      await phone.key(`${WRONG_PIN}#`);
      await hears(phone, 'pin-wrong', before);
      await hears(phone, answer, before);
    }
    await phone.ended(40_000);
    expect(switchroom.log).not.toContain(WRONG_PIN);
  });

  it('with a wrong PIN once gets in with the right one', async () => {
    const { id, pin } = await switchroom.rest.createMeeting();
    const sound = tone({ frequency: 440, seconds: 60 });
    await call({ sound, keys: `999999#${pin}#` });
    await eventually(async () => (await switchroom.rest.participants(id)).length === 1, {
      what: 'the phone in the meeting',
    });
  });

  it('to an unknown number gets 404', async () => {
    const phone = await call({ uri: `sip:+15559999@${switchroom.sipAddress}`, refusal: 404 });
    await phone.ended();
  });

  it('without a codec of ours gets 488', async () => {
    const sdp = `v=0
o=sipp 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio [media_port] RTP/AVP 18 97
a=rtpmap:18 G729/8000
a=rtpmap:97 iLBC/8000`;
    const phone = await call({ sdp, refusal: 488 });
    await phone.ended();
  });

  it('over TCP gets in like others', async () => {
    const { id, pin } = await switchroom.rest.createMeeting();
    const sound = tone({ frequency: 440, seconds: 60 });
    await call({ sound, keys: `${pin}#`, keysBy: 'info', transport: 'tcp' });
    await eventually(async () => (await switchroom.rest.participants(id)).length === 1, {
      what: 'the phone in the meeting',
    });
  });
});

describe('a meeting that ends', () => {
  it('is told to its phone, which is then hung up', async () => {
    const { id, pin, dialIn } = await switchroom.rest.createMeeting();
    const phone = await BaresipPhone.start({ sound: silence(60) });
    phones.push(phone);
    await phone.dial(dialIn[0]!.sipUri);
    await phone.key(`${pin}#`);
    await eventually(async () => (await switchroom.rest.participants(id)).length === 1, {
      what: 'the phone in the meeting',
    });
    await switchroom.rest.endMeeting(id);
    await hears(phone, 'meeting-ended');
    await phone.ended();
  });
});

describe('without the server behind it', () => {
  it('a call gets 503, and another gets in once the server is back', async () => {
    const server = await childOf(switchroom.pid!, 'server/src/main.ts');
    process.kill(server!, 'SIGSTOP');
    try {
      // A server that hangs is found by its silence; one that died is started again at once.
      const phone = await call({ refusal: 503 });
      await phone.ended(40_000);
    } finally {
      process.kill(server!, 'SIGCONT');
    }
    const { id, pin } = await switchroom.rest.createMeeting();
    await eventually(
      async () => {
        const phone = await call({ sound: tone({ frequency: 440, seconds: 60 }), keys: `${pin}#` });
        await eventually(async () => (await switchroom.rest.participants(id)).length === 1, {
          what: 'the phone in the meeting',
          within: 4000,
        }).catch(async (error: unknown) => {
          await phone.close();
          throw error;
        });
        return true;
      },
      { what: 'a call that gets in again', within: 40_000, every: 500 },
    );
  });

  it('with the gateway killed the next call still gets in', async () => {
    const gateway = await childOf(switchroom.pid!, 'sip-dialin/src/main.ts');
    process.kill(gateway!, 'SIGKILL');
    const { id, pin } = await switchroom.rest.createMeeting();
    await eventually(
      async () => {
        const again = await childOf(switchroom.pid!, 'sip-dialin/src/main.ts');
        return again !== undefined && again !== gateway;
      },
      { what: 'sip-dialin started again' },
    );
    const heard = await call({ sound: tone({ frequency: 440, seconds: 60 }), keys: `${pin}#` });
    await eventually(async () => (await switchroom.rest.participants(id)).length === 1, {
      what: 'the phone in the meeting',
      within: 30_000,
    });
    expect(levelAt(heard.heard(1), 440)).toBeLessThan(-60);
  });
});
