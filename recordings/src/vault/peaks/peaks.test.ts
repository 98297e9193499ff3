import { afterEach, beforeEach, expect, it } from 'vitest';
import { encode, tone } from '../../testing/sound.ts';
import { play, STARTED_AT, Studio } from '../../testing/studio.ts';
import { Talker } from '../../testing/talker.ts';
import { peaksOf } from './peaksOf.ts';

let studio: Studio;
beforeEach(async () => {
  studio = await Studio.open();
});
afterEach(async () => await studio.close());

it('peaks are where the sound is, and as high', async () => {
  const recording = await studio.record('r1');
  const ann = { id: 'p-ann', name: 'Ann', kind: 'browser' as const };
  await recording.addTrack(ann, STARTED_AT);
  const talker = new Talker(1, await encode(tone(440, 3000)));
  play(recording, [{ participantId: ann.id, talker, fromMs: 3000 }], 0, 9000);
  await recording.stop(STARTED_AT + 9000);
  const audio = await studio.vault.openAudio('r1', recording.view.tracks[0]!.id);
  const { stepMs, peaks } = await peaksOf(audio);
  expect(stepMs).toBe(50);
  expect(peaks.length / 20).toBeCloseTo(9, 0);
  expect(Math.max(...peaks.slice(0, 58))).toBeLessThan(5);
  // An amplitude of 8000 in 32768.
  const loud = peaks.slice(64, 116);
  expect(Math.min(...loud)).toBeGreaterThan(220);
  expect(Math.max(...loud)).toBeLessThan(270);
  expect(Math.max(...peaks.slice(126))).toBeLessThan(5);
});
