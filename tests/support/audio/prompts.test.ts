import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeMulaw, encodeMulaw } from './g711.ts';
import { promptIn } from './prompts.ts';
import { concatenate } from './Sound.ts';
import { silence } from './tones.ts';
import { readWav } from './wav.ts';

it('a prompt is told from the others, through G.711', async () => {
  const file = join(import.meta.dirname, '../../../sip-dialin/prompts/en/pin-wrong.wav');
  const { samples } = await readWav(file);
  const prompt = { sampleRate: 8000, samples: samples.filter((_, i) => i % 2 === 0) };
  const said = concatenate([silence(0.5), prompt]).samples;
  const sound = { sampleRate: 8000, samples: decodeMulaw(encodeMulaw(said)) };
  expect(await promptIn(sound, 'pin-wrong')).toBeCloseTo(0.5, 2);
  for (const other of ['welcome', 'enter-pin', 'goodbye', 'meeting-ended']) {
    expect(await promptIn(sound, other)).toBeUndefined();
  }
});
