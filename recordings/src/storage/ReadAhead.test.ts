import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ReadAhead } from './ReadAhead.ts';

const MB = 1024 * 1024;

function farAway(bytes: Buffer) {
  const asked: [offset: number, length: number][] = [];
  return {
    asked,
    size: bytes.length,
    async read(offset: number, length: number): Promise<Buffer> {
      asked.push([offset, length]);
      return bytes.subarray(offset, offset + length);
    },
    async close(): Promise<void> {},
  };
}

describe('ReadAhead', () => {
  it('reads a whole file in few pieces that grow, none twice, none over 4 MB', async () => {
    const bytes = randomBytes(20 * MB + 3);
    const file = farAway(bytes);
    const ahead = new ReadAhead(file);
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 3001) parts.push(await ahead.read(at, 3001));
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    expect(file.asked.length).toBeLessThan(14);
    expect(file.asked.reduce((sum, [, length]) => sum + length, 0)).toBe(bytes.length);
    expect(Math.max(...file.asked.map(([, length]) => length))).toBe(4 * MB);
  });

  it('begins small again after a jump, forwards and back', async () => {
    const bytes = randomBytes(20 * MB);
    const file = farAway(bytes);
    const ahead = new ReadAhead(file);
    for (const at of [0, 10 * MB, 5 * MB, 5 * MB - 1]) {
      const part = await ahead.read(at, 100);
      expect(part.equals(bytes.subarray(at, at + 100))).toBe(true);
    }
    expect(file.asked.map(([, length]) => length)).toEqual(Array(4).fill(64 * 1024));
  });

  it('gives what there is at the end of the file, and more at once when asked for it', async () => {
    const bytes = randomBytes(6 * MB);
    const file = farAway(bytes);
    const ahead = new ReadAhead(file);
    expect((await ahead.read(bytes.length - 5, 100)).length).toBe(5);
    expect((await ahead.read(bytes.length + 5, 100)).length).toBe(0);
    expect((await ahead.read(0, bytes.length)).equals(bytes)).toBe(true);
    expect(file.asked).toHaveLength(2);
  });
});
