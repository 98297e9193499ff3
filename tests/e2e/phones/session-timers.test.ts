import { afterEach, describe, expect } from 'vitest';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { hears, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { offer, request, WAIT } from '../../support/phones/sippScenario.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/*
 * RFC 4028 lets no session expire in less than 90 s, so refreshes that come by themselves, and sessions that are not
 * refreshed, are tested with time as a parameter: sip-dialin/src/sip-server/conformance/session{Timers,Refreshes}.test.ts.
 */

const CALLER = 440;
const OTHER = 910;

let switchroom: Switchroom;
let line: MeetingLine;
let other: BaresipPhone;
const phones: SippPhone[] = [];

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  line = await openLine(switchroom);
  other = await BaresipPhone.start({ sound: tone({ frequency: OTHER, seconds: 60 }) });
  await other.dial(line.uri);
  return () => other.close();
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
  await hears(other, [], [CALLER, OTHER], 1);
});

const timer = (refresher: string, seconds = 90): string =>
  `Supported: timer\nSession-Expires: ${seconds};refresher=${refresher}\n`;

async function call(headers: string, steps: string[] = []): Promise<SippPhone> {
  const sound = tone({ frequency: CALLER, seconds: 60 });
  const phone = await SippPhone.dial({ uri: line.uri, sound, scenario: { headers, steps } });
  phones.push(phone);
  return phone;
}

/** What our last 200 said of the timer. */
async function agreed(phone: SippPhone): Promise<string | undefined> {
  const all = [...(await phone.messages()).matchAll(/^Session-Expires: *(\S+)\s*$/gm)];
  return all.at(-1)?.[1];
}

/** How many 200s it got. */
async function answers(phone: SippPhone): Promise<number> {
  return [...(await phone.messages()).matchAll(/^SIP\/2\.0 200 /gm)].length;
}

it.each(['uac', 'uas'])('a caller may choose who refreshes: the %s', async (refresher) => {
  const phone = await call(timer(refresher));
  await hears(other, [CALLER], [OTHER]);
  expect(await agreed(phone)).toBe(`90;refresher=${refresher}`);
});

it('less than 90 s is refused, with the least that is taken', async () => {
  const phone = await SippPhone.dial({
    uri: line.uri,
    refusal: 422,
    scenario: { headers: timer('uac', 60) },
  });
  phones.push(phone);
  await phone.ended();
  expect(await phone.messages()).toMatch(/^Min-SE: *90\s*$/m);
});

describe('a caller that refreshes the session', () => {
  const body = 'Content-Type: application/sdp\n';
  it.each([
    ['UPDATE', [request('UPDATE', '[next_url]', timer('uac')), '<recv response="200"/>']],
    [
      're-INVITE',
      [
        request('INVITE', '[next_url]', timer('uac') + body, offer()),
        '<recv response="100" optional="true"/>',
        '<recv response="200"/>',
        request('ACK', '[next_url]', ''),
      ],
    ],
  ])('by %s stays in the talk, on the same ports', async (_how, refresh) => {
    const phone = await call(timer('uac'), [WAIT, ...refresh, WAIT, ...refresh]);
    await hears(other, [CALLER], [OTHER]);
    const port = (): number => phone.capture.received().at(-1)!.sourcePort;
    const before = port();
    for (let i = 0; i < 2; i++) {
      await phone.proceed();
      await eventually(async () => (await answers(phone)) === 2 + i, { what: 'the answer' });
      await hears(other, [CALLER], [OTHER], 0.6);
      await hears(phone, [OTHER], [CALLER], 0.6);
    }
    expect(port()).toBe(before);
    expect(await agreed(phone)).toBe('90;refresher=uac');
  });
});
