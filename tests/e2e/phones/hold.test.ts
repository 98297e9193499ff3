import { afterEach, beforeAll, describe, it } from 'vitest';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { offer, request, WAIT } from '../../support/phones/sippScenario.ts';
import { Switchroom } from '../../support/Switchroom.ts';

const MUSIC = 440;
const LISTENER = 910;
const TYPE = 'Content-Type: application/sdp\n';
const OK = '<recv response="200"/>';

let switchroom: Switchroom;
let line: MeetingLine;
let listener: BaresipPhone;
const phones: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  switchroom = await Switchroom.start();
  return () => switchroom.stop();
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

async function withListener(): Promise<void> {
  line = await openLine(switchroom);
  listener = await BaresipPhone.start({ sound: tone({ frequency: LISTENER, seconds: 60 }) });
  phones.push(listener);
  await listener.dial(line.uri);
  await membersOf(switchroom, line, 1);
}

/** One message that changes the direction, and what SIPp does about its answer. */
const CHANGES = {
  're-INVITE': (direction: string, version: number) => [
    request('INVITE', '[next_url]', TYPE, offer(direction, version)),
    '<recv response="100" optional="true"/>',
    OK,
    request('ACK', '[next_url]', ''),
  ],
  UPDATE: (direction: string, version: number) => [
    request('UPDATE', '[next_url]', TYPE, offer(direction, version)),
    OK,
  ],
};

describe('a phone that holds the call and plays music all the time', () => {
  it.each(Object.entries(CHANGES))(
    'by %s is not heard until it resumes, and hears the meeting again',
    async (_name, change) => {
      await withListener();
      const steps = [WAIT, ...change('sendonly', 2), WAIT, ...change('sendrecv', 3)];
      const sound = tone({ frequency: MUSIC, seconds: 60 });
      const holder = await SippPhone.dial({ uri: line.uri, sound, scenario: { steps } });
      phones.unshift(holder);
      await hears(listener, [MUSIC], [LISTENER]);
      await hears(holder, [LISTENER], [MUSIC]);

      await holder.proceed();
      await hears(listener, [], [MUSIC, LISTENER], 1.5);
      await nothingArrives(holder);

      await holder.proceed();
      await hears(listener, [MUSIC], [LISTENER]);
      await hears(holder, [LISTENER], [MUSIC]);
    },
  );

  it('a baresip that holds and resumes does so too', async () => {
    await withListener();
    const holder = await BaresipPhone.start({ sound: tone({ frequency: MUSIC, seconds: 60 }) });
    phones.unshift(holder);
    await holder.dial(line.uri);
    await hears(listener, [MUSIC], [LISTENER]);
    await holder.hold(true);
    await hears(listener, [], [MUSIC, LISTENER], 1.5);
    await holder.hold(false);
    await hears(listener, [MUSIC], [LISTENER]);
    await hears(holder, [LISTENER], [MUSIC]);
  });
});

/** Who said `sendonly` is sent nothing: no packet for half a second. */
async function nothingArrives(phone: SippPhone): Promise<void> {
  let count = -1;
  await eventually(
    () => {
      const before = count;
      count = phone.capture.received().length;
      return before === count;
    },
    { what: 'no more packets', every: 500 },
  );
}
