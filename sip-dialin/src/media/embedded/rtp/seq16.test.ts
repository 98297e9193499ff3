import { describe, expect, it } from 'vitest';
import { extendSeq, seqAdd, seqDiff, seqIsLater } from './seq16.ts';

describe('seq16', () => {
  it('seqDiff() is the signed distance on the circle', () => {
    expect(seqDiff(5, 3)).toBe(2);
    expect(seqDiff(3, 5)).toBe(-2);
    expect(seqDiff(0, 65535)).toBe(1);
    expect(seqDiff(65535, 0)).toBe(-1);
    expect(seqDiff(0x8000, 0)).toBe(-32768);
    expect(seqDiff(0x7fff, 0)).toBe(32767);
  });

  it('seqIsLater() holds across the wrap and is false for equals', () => {
    expect(seqIsLater(1, 65530)).toBe(true);
    expect(seqIsLater(65530, 1)).toBe(false);
    expect(seqIsLater(7, 7)).toBe(false);
  });

  it('seqAdd() wraps both ways', () => {
    expect(seqAdd(65535, 1)).toBe(0);
    expect(seqAdd(0, -1)).toBe(65535);
  });

  it('extendSeq() counts on through many wraps, forwards and for late packets', () => {
    let extended = 65000;
    for (let i = 1; i <= 300_000; i++) extended = extendSeq(extended, (65000 + i) & 0xffff);
    expect(extended).toBe(365_000);
    expect(extendSeq(65537, 65535)).toBe(65535);
    expect(extendSeq(2, 65534)).toBe(-2);
  });
});
