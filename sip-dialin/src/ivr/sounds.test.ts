import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPrompt } from '../media/embedded/prompts/wav.ts';
import { isSoundId, SOUND_IDS, soundFile, type SoundId } from './sounds.ts';

const pcmOf = (id: SoundId): Int16Array => readPrompt(readFileSync(soundFile(id)), id);
const peak = (samples: Int16Array): number =>
  samples.reduce((max, s) => Math.max(max, Math.abs(s)), 0);

describe('sounds', () => {
  it('are all there, and no others', () => {
    const folder = new URL('../../prompts/sounds/', import.meta.url);
    expect(readdirSync(folder).sort()).toEqual(SOUND_IDS.map((id) => `${id}.wav`).sort());
    expect([isSoundId('entry'), isSoundId('welcome')]).toEqual([true, false]);
  });

  it('begin and end softly, but for the music, which goes on', () => {
    for (const id of SOUND_IDS.filter((each) => each !== 'waiting-music')) {
      const pcm = pcmOf(id);
      expect(pcm.length / 16_000, id).toBeLessThan(0.5);
      expect(peak(pcm.subarray(0, 8)), id).toBeLessThan(600);
      expect(peak(pcm.subarray(-8)), id).toBeLessThan(600);
      expect(peak(pcm), id).toBeGreaterThan(4_000);
    }
  });

  it('the music has no seam: the step from its end to its beginning is one like all others', () => {
    const pcm = pcmOf('waiting-music');
    const steps = pcm.map((sample, i) => Math.abs(sample - (pcm[i - 1] ?? pcm.at(-1)!)));
    const seam = Math.max(steps[0]!, steps[1]!, steps.at(-1)!);
    expect(seam).toBeLessThan(steps.toSorted().at(-pcm.length / 50)!);
    expect(pcm.length / 16_000).toBe(16);
  });
});
