import { afterEach, expect } from 'vitest';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

const LATE = 440;
const OTHER = 910;

let switchroom: Switchroom;
let line: MeetingLine;
const phones: { close(): Promise<void> }[] = [];

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  line = await openLine(switchroom);
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

it('a call without an offer gets ours in the 200, answers it in the ACK, and is heard and hears', async () => {
  const other = await BaresipPhone.start({ sound: tone({ frequency: OTHER, seconds: 60 }) });
  phones.push(other);
  await other.dial(line.uri);
  const sound = tone({ frequency: LATE, seconds: 60 });
  const late = await SippPhone.dial({ uri: line.uri, sound, scenario: { lateOffer: true } });
  phones.unshift(late);
  await hears(other, [LATE], [OTHER]);
  await hears(late, [OTHER], [LATE]);
  const offered = /^SIP\/2\.0 200 [^]*?m=audio \d+ RTP\/AVP([ \d]+)/m.exec(await late.messages());
  // All that we speak, not only what a usual offer would have been answered with.
  expect(offered?.[1]?.trim().split(' ')).toEqual(expect.arrayContaining(['0', '8', '9']));
});

it('a call that answers our offer with none of its codecs is hung up', async () => {
  const before = (await switchroom.rest.participants(line.meetingId)).length;
  const sdp = `v=0
o=sipp 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 18
a=rtpmap:18 G729/8000`;
  const late = await SippPhone.dial({ uri: line.uri, sdp, scenario: { lateOffer: true } });
  phones.unshift(late);
  await late.ended();
  await eventually(async () => /^BYE /m.test(await late.messages()), { what: 'the BYE' });
  await membersOf(switchroom, line, before);
});
