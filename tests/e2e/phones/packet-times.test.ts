import { afterEach, expect } from 'vitest';
import { tone } from '../../support/audio/tones.ts';
import { parseRtp, PCMU } from '../../support/net/rtp.ts';
import { hears, openLine } from '../../support/phones/meetingLine.ts';
import { mulawStream } from '../../support/phones/rtpStream.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { offer } from '../../support/phones/sippScenario.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/** Packet time, ms, and the tone of the phone that has it, Hz. */
const PHONES = [
  [10, 440],
  [20, 620],
  [30, 910],
  [40, 1130],
  [60, 1370],
] as const;

let switchroom: Switchroom;
const phones: SippPhone[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

it('phones with packets of 10, 20, 30, 40 and 60 ms hear each other, in packets as they asked', async () => {
  const { uri } = await openLine(switchroom);
  for (const [packetMs, frequency] of PHONES) {
    const packets = mulawStream(tone({ frequency, seconds: 30 }), { packetMs });
    const sdp = offer().replace('ptime:20', `ptime:${packetMs}`);
    phones.push(await SippPhone.dial({ uri, packets, sdp }));
  }
  for (const [i, [packetMs, own]] of PHONES.entries()) {
    const others = PHONES.map(([, hz]) => hz).filter((hz) => hz !== own);
    const phone = phones[i]!;
    await hears(phone, others, [own]);
    const last = phone.capture.received().slice(-10);
    const voice = last.map(({ payload }) => parseRtp(payload)!);
    const lengths = voice.filter(({ payloadType }) => payloadType === PCMU);
    expect(new Set(lengths.map(({ payload }) => payload.length / 8))).toEqual(new Set([packetMs]));
  }
});
