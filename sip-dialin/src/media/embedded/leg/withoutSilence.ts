import { levelDbov } from '../mixer/level.ts';

/** 20 ms at 16 kHz. */
const FRAME = 320;
/** What could be a quiet talker on a telephone, */
const QUIETEST_DBOV = -50;
/** if it is not so much softer than the loudest that it is only the noise of the line. */
const RANGE_DB = 30;
/** Words begin and end softly: this much more is kept, at both ends, in frames. */
const MARGIN_FRAMES = 3;
/** A click, as a phone is put down or a key pressed, is no word: five frames are 100 ms. */
const SHORTEST_FRAMES = 5;

/** What is said in a stretch of sound at 16 kHz, without the silence before and after; empty where nothing is. */
export function withoutSilence(pcm: Int16Array): Int16Array {
  const levels = Array.from({ length: Math.ceil(pcm.length / FRAME) }, (_, i) =>
    levelDbov(pcm.subarray(i * FRAME, (i + 1) * FRAME)),
  );
  const loudest = levels.reduce((max, level) => Math.max(max, level), -Infinity);
  const isVoice = (level: number): boolean => level >= Math.max(QUIETEST_DBOV, loudest - RANGE_DB);
  if (levels.filter(isVoice).length < SHORTEST_FRAMES) return new Int16Array(0);
  const first = Math.max(0, levels.findIndex(isVoice) - MARGIN_FRAMES);
  const last = levels.findLastIndex(isVoice) + MARGIN_FRAMES;
  return pcm.slice(first * FRAME, (last + 1) * FRAME);
}
