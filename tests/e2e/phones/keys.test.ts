import { afterEach, expect } from 'vitest';
import { dtmf } from '../../support/audio/dtmf.ts';
import { concatenate } from '../../support/audio/Sound.ts';
import { silence, tone } from '../../support/audio/tones.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { membersOf } from '../../support/phones/meetingLine.ts';
import { keyStream, mulawStream } from '../../support/phones/rtpStream.ts';
import { SippPhone, type SippOptions } from '../../support/phones/SippPhone.ts';
import { offer } from '../../support/phones/sippScenario.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

const SOUND = tone({ frequency: 440, seconds: 20 });

const OPUS = `v=0
o=sipp 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 111 110
a=rtpmap:111 opus/48000/2
a=rtpmap:110 telephone-event/48000`;

const WITHOUT_EVENTS = offer()
  .replace(' 101\n', '\n')
  .split('\n')
  .filter((line) => !line.includes(':101 '))
  .join('\n');

let switchroom: Switchroom;
const phones: { close(): Promise<void> }[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

/** The PIN and `#`, each way that a phone may send them. */
const WAYS: Record<string, (keys: string) => Partial<SippOptions>> = {
  'telephone-event at 8 kHz': (keys) => ({ sound: SOUND, keys }),
  'telephone-event at 48 kHz': (keys) => ({
    sdp: OPUS,
    packets: keyStream(keys, { payloadType: 110, unitsPerMs: 48 }),
  }),
  'SIP INFO': (keys) => ({ sound: SOUND, keys, keysBy: 'info' }),
  'tones, without telephone-event': (keys) => ({
    sdp: WITHOUT_EVENTS,
    packets: mulawStream(concatenate([silence(0.5), dtmf(keys), silence(5)])),
  }),
};

it.each(Object.entries(WAYS))('a PIN by %s leads in', async (_way, dial) => {
  const { id, pin } = await switchroom.rest.createMeeting();
  const uri = `sip:+15550100@${switchroom.sipAddress}`;
  const phone = await SippPhone.dial({ uri, ...dial(`${pin}#`) });
  phones.push(phone);
  await membersOf(switchroom, { meetingId: id }, 1);
  const answer = await phone.messages();
  if (dial('').sdp === OPUS) expect(answer).toContain('a=rtpmap:110 telephone-event/48000');
});

it('a PIN keyed on a baresip that speaks Opus leads in', async () => {
  const { id, pin } = await switchroom.rest.createMeeting();
  const sound = silence(20, 48_000);
  const phone = await BaresipPhone.start({ sound, codec: 'opus' });
  phones.push(phone);
  await phone.dial(`sip:+15550100@${switchroom.sipAddress}`);
  await phone.key(`${pin}#`);
  await membersOf(switchroom, { meetingId: id }, 1);
});
