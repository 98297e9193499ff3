import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { buildRtp } from '../../support/net/rtp.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { hears, openLine } from '../../support/phones/meetingLine.ts';
import { mulawStream } from '../../support/phones/rtpStream.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { Switchroom } from '../../support/Switchroom.ts';

const CALLER = 440;
const OTHER = 910;
const STRANGER = 1370;

let switchroom: Switchroom;
const phones: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  switchroom = await Switchroom.start();
  return () => switchroom.stop();
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

  const stranger = createSocket('udp4');
  phones.push({ close: () => new Promise((resolve) => stranger.close(() => resolve())) });
  let got = 0;
  stranger.on('message', () => got++);
  // Another address of this host, so that nothing takes it for the caller behind a new port.
  stranger.bind(0, '127.0.0.2');
  await once(stranger, 'listening');
  const speech = mulawStream(tone({ frequency: STRANGER, seconds: 3 }), { ssrc: 4711 });
  const sent = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const packet = speech.shift();
      if (packet !== undefined) stranger.send(buildRtp(packet), port, '127.0.0.1');
      else {
        clearInterval(timer);
        resolve();
      }
    }, 20);
  });
  await eventually(() => speech.length < 50, { what: 'two seconds of the stranger' });
  await hears(other, [CALLER], [OTHER, STRANGER]);
  await hears(caller, [OTHER], [CALLER, STRANGER]);
  await sent;
  await hears(other, [CALLER], [OTHER, STRANGER]);
  expect(got).toBe(0);
});
