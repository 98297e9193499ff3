import { describe, expect, it } from 'vitest';
import { silence, tone } from './audio/tones.ts';
import type { Sound } from './audio/Sound.ts';
import { mistakeIn, noiseIn, TONES, type Party } from './hearing.ts';

function mixOf(...parts: [Party, number][]): Sound {
  const tones = parts.map(([party, amplitude]) =>
    tone({ frequency: TONES[party], seconds: 1, amplitude }),
  );
  const samples = new Int16Array(8000);
  for (const { samples: one } of tones) one.forEach((sample, i) => (samples[i]! += sample));
  return { sampleRate: 8000, samples };
}

describe('mistakeIn', () => {
  it('finds nothing when all are heard and only they', () => {
    const mix = mixOf(['anna', 0.25], ['bert', 0.1], ['sipp', 0.25]);
    expect(mistakeIn(mix, ['anna', 'bert', 'sipp'])).toBeUndefined();
  });

  it('tells of one who is missing, and of one too many', () => {
    const mix = mixOf(['anna', 0.25], ['bert', 0.25]);
    expect(mistakeIn(mix, ['anna', 'bert', 'sipp'])).toMatch(/sipp -\d+/);
    expect(mistakeIn(mix, ['anna'])).toMatch(/anna should be heard and nobody else/);
  });

  it('wants 20 dB between what is to be heard and what is not', () => {
    expect(mistakeIn(mixOf(['anna', 0.25], ['bert', 0.03]), ['anna'])).toBeDefined();
    expect(mistakeIn(mixOf(['anna', 0.25], ['bert', 0.02]), ['anna'])).toBeUndefined();
  });

  it('takes no sound, and silence, for a mistake', () => {
    expect(mistakeIn(undefined, ['anna'])).toMatch(/hardly any/);
    expect(mistakeIn(silence(1), ['anna'])).toBeDefined();
  });
});

describe('noiseIn', () => {
  it('is deaf to silence and hears the others', () => {
    expect(noiseIn(silence(1))).toBeUndefined();
    expect(noiseIn(mixOf(['anna', 0.1]))).toMatch(/anna -20/);
  });
});
