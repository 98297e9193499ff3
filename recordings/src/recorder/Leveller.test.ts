import { describe, expect, it } from 'vitest';
import { speech } from '../testing/speech.ts';
import { Leveller, levelDbov, TARGET_DBOV } from './Leveller.ts';

const FRAME = 960;

function levelled(pcm: Int16Array, leveller = new Leveller()): Int16Array {
  const out = new Float32Array(pcm.length);
  for (let at = 0; at < pcm.length; at += FRAME) {
    leveller.process(pcm.subarray(at, at + FRAME), out.subarray(at, at + FRAME));
  }
  return Int16Array.from(out, (value) => Math.max(-32_768, Math.min(32_767, value)));
}

function levels(pcm: Int16Array): number[] {
  return Array.from({ length: pcm.length / FRAME }, (_, i) =>
    levelDbov(pcm, i * FRAME, (i + 1) * FRAME),
  );
}

/** Mean power of what is spoken (P.56), dBov. */
function activeDbov(pcm: Int16Array): number {
  const all = levels(pcm);
  const loudest = Math.max(...all);
  const active = all.filter((level) => level > loudest - 10);
  return 10 * Math.log10(active.reduce((sum, l) => sum + 10 ** (l / 10), 0) / active.length);
}

const from = (pcm: Int16Array, ms: number): Int16Array => pcm.subarray(ms * 48);

describe('Leveller', () => {
  it.each([-40, -34, -26, -20, -12, -8])(
    'brings speech at %d dBov to what all have, in 4 s',
    (dbov) => {
      const level = activeDbov(from(levelled(speech({ ms: 10_000, dbov })), 4000));
      expect(Math.abs(level - TARGET_DBOV)).toBeLessThan(2);
    },
  );

  it('does not raise the noise of a line in pauses, nor before anybody speaks, nor alone', () => {
    const pcm = speech({ ms: 12_000, dbov: -40, noiseDbov: -60 });
    const [before, after] = [levels(pcm), levels(levelled(pcm))];
    // Pauses of a second begin 2 s into each 3 s.
    const pauses = before.flatMap((_, i) => (i % 150 > 118 && i % 150 < 149 ? [i] : []));
    expect(pauses.length).toBeGreaterThan(100);
    for (const i of pauses) expect(after[i]! - before[i]!).toBeLessThan(0.5);
    const alone = speech({ ms: 6000, dbov: -127, noiseDbov: -52 });
    expect(Math.abs(activeDbov(levelled(alone)) - activeDbov(alone))).toBeLessThan(0.5);
  });

  it('raises a noisy voice less, so that the noise beneath it stays soft', () => {
    const leveller = new Leveller();
    levelled(speech({ ms: 9000, dbov: -38, noiseDbov: -50 }), leveller);
    expect(leveller.gainDb).toBeGreaterThan(3);
    expect(leveller.gainDb).toBeLessThan(8);
  });

  it('does not pump: once it has settled a sentence has one gain', () => {
    for (const dbov of [-40, -12]) {
      const pcm = speech({ ms: 12_000, dbov });
      const [before, after] = [levels(pcm), levels(levelled(pcm))];
      const gains = before.flatMap((level, i) =>
        i > 300 && level > dbov - 8 ? [after[i]! - level] : [],
      );
      expect(Math.max(...gains) - Math.min(...gains)).toBeLessThan(1.5);
    }
  });

  it('finds back to a soft voice after a shout', () => {
    const leveller = new Leveller();
    levelled(speech({ ms: 2000, dbov: -6 }), leveller);
    const after = levelled(speech({ ms: 24_000, dbov: -36 }), leveller);
    expect(Math.abs(activeDbov(from(after, 18_000)) - TARGET_DBOV)).toBeLessThan(5);
  });

  it('changes its gain without a step', () => {
    const pcm = Int16Array.from({ length: 96_000 }, (_, i) => (i < 48_000 ? 300 : 9000));
    const out = levelled(pcm);
    for (let i = 1; i < out.length; i++) {
      if (i !== 48_000) expect(Math.abs(out[i]! - out[i - 1]!)).toBeLessThan(20);
    }
  });
});
