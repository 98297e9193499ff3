import { describe, expect, it } from 'vitest';
import { seeded } from '../testing/networks.ts';
import { toneFrame, worstResidueDb } from '../testing/tones.ts';
import { PcmQueue } from './PcmQueue.ts';
import { lengthen, shorten, type Splice } from './timeScale.ts';

/** Plays sound in frames of 20 ms; every fifth is changed. What came out, and by how many ms. */
function play(
  pcm: Int16Array,
  rate: number,
  change: (queue: PcmQueue, rate: number, splice: Splice) => number,
  likeness = 0.9,
): { out: Int16Array; changedMs: number } {
  const queue = new PcmQueue();
  const frame = rate / 50;
  const out: number[] = [];
  let changedMs = 0;
  for (let at = 0, tick = 0; at < pcm.length; tick++) {
    for (; queue.length < 3 * frame && at < pcm.length; at += frame) {
      queue.write(pcm.subarray(at, at + frame));
    }
    if (tick % 5 === 4) changedMs += change(queue, rate, { likeness });
    const played = new Int16Array(frame);
    queue.read(played);
    out.push(...played);
  }
  return { out: Int16Array.from(out), changedMs };
}

describe.each([8000, 16_000])('timeScale at %i Hz', (rate) => {
  it.each([220, 310, 697, 1004, 2450])('shortens and lengthens %i Hz without a click', (hz) => {
    const tone = toneFrame(hz, rate, 0, 10 * rate);
    for (const change of [shorten, lengthen]) {
      const { out, changedMs } = play(tone, rate, change);
      expect(changedMs).toBeGreaterThan(200);
      const middle = out.subarray(rate / 10, out.length - rate / 5);
      expect(worstResidueDb(middle, hz, rate)).toBeLessThan(-40);
    }
  });

  it('finds the pitch of a voice, and keeps it', () => {
    const hz = 131;
    const voice = Int16Array.from({ length: 10 * rate }, (_, i) => {
      let sum = 0;
      for (let h = 1; h < 12; h++) sum += Math.sin((2 * Math.PI * hz * h * i) / rate + h * h) / h;
      return 4000 * sum;
    });
    const queue = new PcmQueue();
    queue.write(voice.subarray(0, rate / 20));
    const ms = shorten(queue, rate, { likeness: 0.9 });
    expect(Math.abs(ms - 1000 / hz)).toBeLessThan(0.2);
    expect(play(voice, rate, shorten).changedMs).toBeGreaterThan(400);
  });

  it('leaves alone what has no pitch, but for a hurry', () => {
    const random = seeded(1);
    const noise = Int16Array.from({ length: 4 * rate }, () => 4000 * (random() - 0.5));
    expect(play(noise, rate, shorten).changedMs).toBe(0);
    expect(play(noise, rate, lengthen).changedMs).toBe(0);
    expect(play(noise, rate, shorten, -1).changedMs).toBeGreaterThan(100);
  });

  it('joins noise as loud as it is', () => {
    const random = seeded(2);
    const queue = new PcmQueue();
    const samples = rate / 20;
    let [joined, sent] = [0, 0];
    for (let i = 0; i < 400; i++) {
      const noise = Int16Array.from({ length: samples }, () => 8000 * (random() - 0.5));
      queue.write(noise);
      const ms = shorten(queue, rate, { minMs: 12, likeness: -1 });
      expect(ms).toBeGreaterThanOrEqual(12);
      const out = new Int16Array(queue.length);
      queue.read(out);
      // The middle 2 ms of the join, where halves of both would be 3 dB softer.
      const middle = ((ms / 2) * rate) / 1000;
      for (let n = 0; n < rate / 500; n++) {
        joined += out[Math.round(middle - rate / 1000) + n]! ** 2;
        sent += noise[n]! ** 2;
      }
    }
    expect(Math.abs(10 * Math.log10(joined / sent))).toBeLessThan(0.5);
  });

  it('does not go over the top where loud sound is joined', () => {
    const random = seeded(3);
    const loud = (): number => (random() < 0.5 ? -32_768 : 32_767);
    const queue = new PcmQueue();
    queue.write(Int16Array.from({ length: rate / 20 }, loud));
    shorten(queue, rate, { minMs: 12, likeness: -1 });
    const out = new Int16Array(queue.length);
    queue.read(out);
    // A sum that ran over would be near the other end, not between its two.
    expect(Math.max(...out)).toBe(32_767);
    expect(Math.min(...out)).toBe(-32_768);
  });

  it('does nothing where there is not enough', () => {
    const queue = new PcmQueue();
    expect(shorten(queue, rate, { likeness: -1 })).toBe(0);
    queue.write(new Int16Array(rate / 500)); // 2 ms.
    expect(shorten(queue, rate, { likeness: -1 })).toBe(0);
    expect(lengthen(queue, rate, { likeness: -1 })).toBe(0);
  });
});
