import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PCMA, PCMU } from '../codecs/g711.ts';
import { G722Decoder } from '../codecs/g722.ts';
import { PromptStore } from './PromptStore.ts';
import { readPrompt, writePrompt } from './wav.ts';

const tone = Int16Array.from(
  { length: 3200 },
  (_, i) => 9000 * Math.sin((2 * Math.PI * 440 * i) / 16_000),
);

describe('readPrompt()', () => {
  it('reads what writePrompt() wrote, also behind other chunks', () => {
    const file = writePrompt(tone);
    const pcm = readPrompt(file, 'a.wav');
    expect(pcm).toHaveLength(3200);
    for (let i = 0; i < pcm.length; i++) expect(Math.abs(pcm[i]! - tone[i]!)).toBeLessThan(400);

    const list = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
    const padded = Buffer.concat([file.subarray(0, 12), list, file.subarray(12)]);
    expect(readPrompt(padded, 'a.wav')).toEqual(pcm);
  });

  const changed = (at: number, value: number): Uint8Array => {
    const file = writePrompt(tone);
    file[at] = value;
    return file;
  };
  it.each([
    ['is no WAV', Buffer.from('ID3 and something else')],
    ['is no WAV', new Uint8Array(0)],
    ['16 kHz, mono, 8-bit mu-law', changed(20, 1)],
    ['16 kHz, mono, 8-bit mu-law', changed(22, 2)],
    ['16 kHz, mono, 8-bit mu-law', changed(24, 0)],
    ['is cut off', writePrompt(tone).subarray(0, 100)],
    ['no sound', writePrompt(tone).subarray(0, 36)],
    ['no format', changed(12, 0x78)],
  ])('says what is wrong: %s', (why, data) => {
    expect(() => readPrompt(data, 'a.wav')).toThrow(why);
    expect(() => readPrompt(data, 'a.wav')).toThrow('a.wav');
  });
});

describe('PromptStore', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'switchroom-prompts-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  it('keeps the frames of both laws at 8 kHz', async () => {
    const store = new PromptStore();
    const file = join(dir, 'tone.wav');
    await expect(store.load(file, 'PCMU')).rejects.toMatchObject({ code: 'media-unavailable' });
    await writeFile(file, writePrompt(tone));

    const frames = await store.load(file, 'PCMU');
    const mu = Buffer.concat(frames);
    const a = Buffer.concat(await store.load(file, 'PCMA'));
    expect([mu.length, a.length]).toEqual([1600, 1600]);
    const [fromMu, fromA] = [new Int16Array(1600), new Int16Array(1600)];
    PCMU.decode(mu, fromMu);
    PCMA.decode(a, fromA);
    for (let i = 0; i < 1600; i++) expect(Math.abs(fromMu[i]! - fromA[i]!)).toBeLessThan(600);
    expect(Math.max(...fromMu)).toBeGreaterThan(8000);
    expect(await store.load(file, 'PCMU')).toBe(frames);
  });

  it('gives G.722 as well, in frames of 20 ms, the last filled up', async () => {
    const file = join(dir, 'wide.wav');
    await writeFile(file, writePrompt(tone.subarray(0, 800)));
    const frames = await new PromptStore().load(file, 'G722');
    expect(frames.map((frame) => frame.length)).toEqual([160, 160, 160]);
    const pcm = new Int16Array(960);
    new G722Decoder().decode(Buffer.concat(frames), pcm);
    expect(Math.max(...pcm.subarray(0, 800))).toBeGreaterThan(8000);
    expect(Math.max(...pcm.subarray(860))).toBeLessThan(500);
  });
});
