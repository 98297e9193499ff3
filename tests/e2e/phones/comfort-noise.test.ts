import { afterEach, expect } from 'vitest';
import { loudness } from '../../support/audio/goertzel.ts';
import { spokenTone, watchedTone } from '../../support/audio/spokenTone.ts';
import { silence } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { parseRtp, PCMU } from '../../support/net/rtp.ts';
import { membersOf, openLine } from '../../support/phones/meetingLine.ts';
import { mulawStream, type TimedPacket } from '../../support/phones/rtpStream.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { offer } from '../../support/phones/sippScenario.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/** RFC 3389. */
const CN = 13;
/** -dBov of the noise. */
const NOISE_LEVEL = 60;
const WITH_NOISE = offer().replace('RTP/AVP 0 ', `RTP/AVP 0 ${CN} `);

let switchroom: Switchroom;
const phones: SippPhone[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

/** A word, then noise in one packet a 200 ms instead of sound, twice over. */
function twoWords(): TimedPacket[] {
  const speech = mulawStream(watchedTone(4));
  return speech.flatMap((packet, i) => {
    if (i % 100 < 50) return [{ ...packet, marker: i % 100 === 0 }];
    const noise = { ...packet, payloadType: CN, payload: Buffer.from([NOISE_LEVEL]) };
    return i % 10 === 0 ? [noise] : [];
  });
}

it('a caller whose pauses are comfort noise is heard in between, and not made up for', async () => {
  const line = await openLine(switchroom);
  const listener = await SippPhone.dial({ uri: line.uri, sound: silence(30) });
  phones.push(listener);
  await membersOf(switchroom, line, 1);
  phones.unshift(await SippPhone.dial({ uri: line.uri, packets: twoWords(), sdp: WITH_NOISE }));
  await eventually(() => (spokenTone(listener.heard())?.seconds ?? 0) > 2.9, {
    what: 'both words',
  });
  const words = spokenTone(listener.heard())!;
  expect(words.gaps).toBe(1);
  expect(words.longestGapMs).toBeGreaterThan(900);
  expect(words.longestGapMs).toBeLessThan(1100);
  await eventually(() => spokenTone(listener.heard(0.6)) === undefined, { what: 'the pause' });
  const pause = loudness(listener.heard(0.5));
  expect(pause).toBeLessThan(-45);
});

it('a phone that takes comfort noise gets that while nobody speaks, now and then', async () => {
  const { uri } = await openLine(switchroom);
  const phone = await SippPhone.dial({ uri, sound: silence(30), sdp: WITH_NOISE });
  phones.push(phone);
  const noise = await eventually(
    () => {
      const last = phone.capture.received().slice(-4);
      const packets = last.map(({ time, payload }) => ({ time, ...parseRtp(payload)! }));
      const quiet = packets.filter(({ payloadType }) => payloadType === CN);
      return quiet.length === 4 ? quiet : undefined;
    },
    { what: 'four packets of noise one after the other' },
  );
  expect(noise.every(({ payload }) => payload[0]! > 40 && payload[0]! < 128)).toBe(true);
  expect(noise[3]!.time - noise[0]!.time).toBeGreaterThan(0.6);
  // RTP's clock runs on as the wall's does.
  const units = (noise[3]!.timestamp - noise[0]!.timestamp) >>> 0;
  expect(units / 8000).toBeCloseTo(noise[3]!.time - noise[0]!.time, 1);
});

it('a phone that knows no comfort noise gets silence in sound instead', async () => {
  const { uri } = await openLine(switchroom);
  const phone = await SippPhone.dial({ uri, sound: silence(30) });
  phones.push(phone);
  await eventually(() => phone.capture.received().length > 80, { what: 'a second and more' });
  const types = phone.capture.received().map(({ payload }) => parseRtp(payload)!.payloadType);
  expect(new Set(types)).toEqual(new Set([PCMU]));
});
