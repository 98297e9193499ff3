import { describe, expect, it } from 'vitest';
import { strictLines } from './strictLines.mjs';

/** The lines, or what is wrong, of a text that comes in pieces of so many bytes. */
async function linesOf(content: string | Buffer, pieceBytes: number): Promise<string[] | string> {
  const bytes = Buffer.from(content);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      yield bytes.subarray(at, at + pieceBytes);
      await Promise.resolve();
    }
  }
  return await Array.fromAsync(strictLines(pieces(), 'a file')).catch(
    (error: unknown) => (error as Error).message,
  );
}

describe.each([1, 3, 1000])('strictLines() of pieces of %i bytes', (pieceBytes) => {
  it('ends lines at \\n alone', async () => {
    expect(await linesOf('', pieceBytes)).toEqual([]);
    expect(await linesOf('ä\n\nb\r\nc\rd\u2028\n', pieceBytes)).toEqual([
      ...['ä', '', 'b\r', 'c\rd\u2028'],
    ]);
    expect(await linesOf('\ufeffa\n', pieceBytes)).toEqual(['\ufeffa']);
  });

  it('names a line that has no end, and one that is no text', async () => {
    expect(await linesOf('a\nb', pieceBytes)).toBe('Line 2 of a file, the last, has no end.');
    expect(await linesOf('a\n\n\r', pieceBytes)).toBe('Line 3 of a file, the last, has no end.');
    const bytes = Buffer.from('a\nb\nc\n');
    bytes[2] = 0xff;
    expect(await linesOf(bytes, pieceBytes)).toBe('Line 2 of a file is no text.');
  });
});
