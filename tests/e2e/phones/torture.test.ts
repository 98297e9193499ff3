import { createSocket } from 'node:dgram';
import { afterEach, beforeAll, expect, it } from 'vitest';
import {
  INVALID,
  SEMANTICS,
  VALID,
  type Torture,
} from '../../../sip-dialin/src/sip-server/conformance/torture.ts';
import { mutate, seeded } from '../../../sip-dialin/src/sip-server/testing/mutate.ts';
import { spokenTone, watchedTone } from '../../support/audio/spokenTone.ts';
import { silence, tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { buildRtp } from '../../support/net/rtp.ts';
import { hears, membersOf, openLine } from '../../support/phones/meetingLine.ts';
import { mulawStream } from '../../support/phones/rtpStream.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { childOf } from '../../support/process/childOf.ts';
import { Switchroom } from '../../support/Switchroom.ts';

const SECONDS = 6;
/** As many a second as a machine of one core shrugs at, and the call's own packets besides. */
const MESSAGES_A_TURN = 10;
const TURN_MS = 20;

let switchroom: Switchroom;
const phones: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  switchroom = await Switchroom.start();
  return () => switchroom.stop();
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

function bytes([name, , lines]: Torture, port: number): Buffer {
  const marked = (line: string): string =>
    line.replaceAll('%p', String(port)).replaceAll('%n', name.replaceAll(' ', '-'));
  const parts = lines.map((line) =>
    typeof line === 'string' ? Buffer.from(`${marked(line)}\r\n`, 'latin1') : line,
  );
  return Buffer.concat(parts);
}

it("a call is unharmed while RFC 4475's messages and a fuzzer's come, as SIP and as RTP", async () => {
  const line = await openLine(switchroom);
  const listener = await SippPhone.dial({ uri: line.uri, sound: silence(60) });
  phones.push(listener);
  await membersOf(switchroom, line, 1);
  const talker = await SippPhone.dial({
    uri: line.uri,
    packets: mulawStream(watchedTone(SECONDS)),
  });
  phones.unshift(talker);
  const gateway = await childOf(switchroom.pid!, 'sip-dialin/src/main.ts');
  const rtpPort = await eventually(() => talker.capture.sent()[0]?.destinationPort, {
    what: 'the port of the call',
  });
  await eventually(() => spokenTone(listener.heard()), { what: 'the tone' });

  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  phones.unshift({ close: () => new Promise((resolve) => socket.close(() => resolve())) });
  await new Promise((resolve) => socket.once('listening', resolve));
  const sip = Number(switchroom.sipAddress.split(':')[1]);
  const own = [...VALID, ...INVALID, ...SEMANTICS].map((one) => bytes(one, socket.address().port));
  const random = seeded(4475);
  const good = buildRtp({ ...mulawStream(silence(0.02))[0]!, ssrc: 5 });
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      for (let i = 0; i < MESSAGES_A_TURN; i++, sent++) {
        const message = own[sent % own.length]!;
        const fuzzed = sent < own.length ? message : mutate(message, random);
        socket.send(fuzzed, sip, '127.0.0.1');
      }
      const rubbish = mutate(good, random);
      socket.send(rubbish, rtpPort, '127.0.0.1');
      socket.send(rubbish, rtpPort + 1, '127.0.0.1');
      if (talker.capture.sent().length < (SECONDS - 0.5) * 50) return;
      clearInterval(timer);
      resolve();
    }, TURN_MS);
  });

  await eventually(() => spokenTone(listener.heard(0.6)) === undefined, { what: 'its end' });
  const heard = spokenTone(listener.heard())!;
  expect(sent).toBeGreaterThan(own.length * 2);
  expect(heard.seconds).toBeGreaterThan(SECONDS - 0.2);
  expect(heard.longestGapMs).toBeLessThanOrEqual(20);
  expect(await childOf(switchroom.pid!, 'sip-dialin/src/main.ts')).toBe(gateway);
  expect(await switchroom.rest.participants(line.meetingId)).toHaveLength(2);

  const another = await SippPhone.dial({
    uri: line.uri,
    sound: tone({ frequency: 440, seconds: 20 }),
  });
  phones.unshift(another);
  await hears(listener, [440], []);
});
