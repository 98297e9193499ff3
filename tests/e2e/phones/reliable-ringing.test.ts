import { afterEach, expect } from 'vitest';
import { tone } from '../../support/audio/tones.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { hears, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { request } from '../../support/phones/sippScenario.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

const CALLER = 440;
const OTHER = 910;
const sound = tone({ frequency: CALLER, seconds: 60 });

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

/** Takes the 180 for reliable, and acknowledges it (RFC 3262 section 4) before the 200 comes. */
const ACKNOWLEDGED = [
  '<recv response="100" optional="true"/>',
  `<recv response="180" rrs="true"><action>
<ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" check_it="true" assign_to="1"/>
</action></recv>`,
  request('PRACK', '[next_url]', 'RAck: [$1] 1 INVITE\n'),
  '<recv response="200"/>',
].join('\n');

it('a caller that requires 100rel acknowledges our 180, is let in, is heard and hears', async () => {
  const other = await BaresipPhone.start({ sound: tone({ frequency: OTHER, seconds: 60 }) });
  phones.push(other);
  await other.dial(line.uri);
  const caller = await SippPhone.dial({
    uri: line.uri,
    sound,
    scenario: { headers: 'Require: 100rel\nSupported: 100rel\n', progress: ACKNOWLEDGED },
  });
  phones.unshift(caller);
  await hears(other, [CALLER], [OTHER]);
  await hears(caller, [OTHER], [CALLER]);
});

it('a caller that only can do so is let in without', async () => {
  const headers = 'Supported: 100rel\n';
  const caller = await SippPhone.dial({ uri: line.uri, sound, scenario: { headers } });
  phones.unshift(caller);
  await hears(caller, [], [CALLER]);
  expect(await switchroom.rest.participants(line.meetingId)).toHaveLength(1);
});
