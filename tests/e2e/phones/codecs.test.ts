import { afterEach, expect } from 'vitest';
import { levelAt } from '../../support/audio/goertzel.ts';
import type { Sound } from '../../support/audio/Sound.ts';
import { tone } from '../../support/audio/tones.ts';
import { BaresipPhone, type BaresipCodec } from '../../support/phones/BaresipPhone.ts';
import { hears, openLine } from '../../support/phones/meetingLine.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/** What each says, Hz: none is a harmonic, a sum or a difference of others. */
const TONES: Record<BaresipCodec, number> = { PCMU: 440, PCMA: 620, G722: 910, opus: 1130 };
const CODECS = Object.keys(TONES) as BaresipCodec[];
const RATES: Record<BaresipCodec, number> = { PCMU: 8000, PCMA: 8000, G722: 16_000, opus: 48_000 };
/** Opus also says this, which a telephone line cannot carry, Hz. */
const WIDE = 5200;

let switchroom: Switchroom;
const phones = new Map<BaresipCodec, BaresipPhone>();

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterEach(async () => {
  for (const phone of phones.values()) await phone.close();
});

function soundOf(codec: BaresipCodec): Sound {
  const sampleRate = RATES[codec];
  const low = tone({ frequency: TONES[codec], seconds: 60, sampleRate });
  if (codec !== 'opus') return low;
  const high = tone({ frequency: WIDE, seconds: 60, sampleRate });
  return { sampleRate, samples: low.samples.map((sample, i) => sample + high.samples[i]!) };
}

it('phones of PCMU, PCMA, G.722 and Opus hear each other, and not themselves', async () => {
  const { uri } = await openLine(switchroom);
  for (const codec of CODECS) {
    const phone = await BaresipPhone.start({ sound: soundOf(codec), codec });
    phones.set(codec, phone);
    await phone.dial(uri);
  }
  for (const [codec, phone] of phones) {
    const others = CODECS.filter((other) => other !== codec);
    await hears(
      phone,
      others.map((other) => TONES[other]),
      [TONES[codec]],
    );
  }
  const wideband = await phones.get('G722')!.heard(1);
  expect(levelAt(wideband, WIDE), 'above the telephone band, on G.722').toBeGreaterThan(-35);
});
