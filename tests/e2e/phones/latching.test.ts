import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect } from 'vitest';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { hears, openLine } from '../../support/phones/meetingLine.ts';
import { RawRtp } from '../../support/phones/RawRtp.ts';
import { mulawStream } from '../../support/phones/rtpStream.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

const CALLER = 440;
const OTHER = 910;
const STRANGER = 1370;

let switchroom: Switchroom;
const phones: { close(): Promise<void> }[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

it('a stranger who sends to the port of a call is not heard and gets nothing', async () => {
  const { uri } = await openLine(switchroom);
  const other = await BaresipPhone.start({ sound: tone({ frequency: OTHER, seconds: 60 }) });
  phones.push(other);
  await other.dial(uri);
  const caller = await SippPhone.dial({ uri, sound: tone({ frequency: CALLER, seconds: 60 }) });
  phones.unshift(caller);
  await hears(other, [CALLER], [OTHER]);
  await hears(caller, [OTHER], [CALLER]);
  const port = await eventually(() => caller.capture.sent()[0]?.destinationPort, {
    what: 'the port of the call',
  });

  // Another address of this host, so that nothing takes it for the caller behind a new port.
  const stranger = await RawRtp.open('127.0.0.2');
  phones.unshift(stranger);
  let got = 0;
  stranger.onMessage(() => got++);
  const speech = tone({ frequency: STRANGER, seconds: 3 });
  const sent = stranger.play(mulawStream(speech, { ssrc: 4711 }), port);
  await Promise.race([sent, delay(1500)]);
  await hears(other, [CALLER], [OTHER, STRANGER]);
  await hears(caller, [OTHER], [CALLER, STRANGER]);
  await sent;
  await hears(other, [CALLER], [OTHER, STRANGER]);
  expect(got).toBe(0);
});
