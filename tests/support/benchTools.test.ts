import { describe, expect, it } from 'vitest';
import { median } from '../bench/median.ts';
import { lineOf } from '../bench/report.ts';
import { chirpsIn, delays, timelineOf } from '../bench/Timeline.ts';
import { voiceSecond } from '../bench/voice.ts';
import { concatenate } from './audio/Sound.ts';

describe('the bench', () => {
  it('takes the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('lays pieces out by position and clocks them by their middle lateness', () => {
    const piece = (position: number, late: number, value: number) => ({
      at: 1000 + position / 8 + late,
      position,
      samples: new Int16Array(160).fill(value),
    });
    const { startMs, sound } = timelineOf([
      piece(480, 1, 4),
      piece(0, 0, 1),
      piece(160, 9, 2),
      piece(640, 1, 5),
    ]);
    expect(startMs).toBe(1001);
    expect([1, 161, 321, 481, 641].map((i) => sound.samples[i])).toEqual([1, 2, 0, 4, 5]);
  });

  it('finds every chirp of a voice, and how late it was heard', () => {
    const sound = concatenate(Array.from({ length: 4 }, () => voiceSecond(8000)));
    const sent = chirpsIn({ startMs: 5000, sound });
    expect(sent.map(Math.round)).toEqual([5400, 6400, 7400, 8400]);
    const heard = chirpsIn({ startMs: 5061.5, sound });
    expect(delays(sent, heard).map((one) => one.toFixed(1))).toEqual(Array(4).fill('61.5'));
  });

  it('leaves out a chirp that was not heard', () => {
    expect(delays([1000, 2000, 3000], [1050, 3070])).toEqual([50, 70]);
  });

  it('says whether an aim is met', () => {
    const figure = { what: 'x', unit: 'ms', values: [10, 30, 20] } as const;
    expect(lineOf({ ...figure, aim: 80 })).toMatch(
      /20 ms {3}\(3 runs, 10 ms to 30 ms\) {3}aim < 80 ms: met$/,
    );
    expect(lineOf({ ...figure, aim: 15 })).toMatch(/MISSED$/);
    expect(lineOf({ ...figure, values: [] })).toMatch(/not measured/);
  });
});
