import { describe, expect, it } from 'vitest';
import { chirp, find } from './chirp.ts';
import { concatenate } from './Sound.ts';
import { silence, tone } from './tones.ts';
import { decodeMulaw, encodeMulaw } from './g711.ts';

describe('find', () => {
  it('tells where the chirp begins to the sample', () => {
    const match = find(chirp(), concatenate([silence(0.325), chirp(), silence(0.5)]));
    expect(match.at).toBeCloseTo(0.325, 4);
    expect(match.likeness).toBeCloseTo(1, 3);
  });

  it('finds it quiet, in noise and through mu-law', () => {
    const sound = concatenate([silence(0.7), chirp(8000, 0.05), silence(0.3)]);
    sound.samples.forEach((sample, i) => (sound.samples[i] = sample + ((i * 7919) % 301) - 150));
    const heard = { sampleRate: 8000, samples: decodeMulaw(encodeMulaw(sound.samples)) };
    const match = find(chirp(), heard);
    expect(match.at).toBeCloseTo(0.7, 3);
    expect(match.likeness).toBeGreaterThan(0.8);
  });

  it('finds nothing in a tone or in silence', () => {
    expect(find(chirp(), tone({ frequency: 1000, seconds: 1 })).likeness).toBeLessThan(0.4);
    expect(find(chirp(), silence(1)).likeness).toBe(0);
  });
});
