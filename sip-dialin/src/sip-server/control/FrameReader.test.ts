import { describe, expect, it } from 'vitest';
import { FrameError, FrameReader } from './FrameReader.ts';

const read = (reader: FrameReader, text: string): string[] =>
  reader.push(Buffer.from(text)).map(String);

describe('FrameReader', () => {
  it('cuts frames wherever the chunks end', () => {
    const reader = new FrameReader();
    expect(read(reader, '3#abc5#he')).toEqual(['abc']);
    expect(read(reader, 'llo')).toEqual(['hello']);
    expect(read(reader, '1')).toEqual([]);
    expect(read(reader, '0#0123456789')).toEqual(['0123456789']);
  });

  it('counts bytes, not characters', () => {
    expect(read(new FrameReader(), '4#žž1#x')).toEqual(['žž', 'x']);
  });

  it.each([['abc#'], ['#abc'], ['0#'], ['-1#a'], ['123456#a'], ['1234567']])(
    'gives up on %j',
    (text) => {
      expect(() => read(new FrameReader(), text)).toThrow(FrameError);
    },
  );
});
