import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROMPT_IDS, promptFiles } from './prompts.ts';

const WAVE_FORMAT_MULAW = 7;

describe('prompts', () => {
  it('has words and 16 kHz mono mu-law audio for every prompt id, and no others', () => {
    const words = JSON.parse(
      readFileSync(new URL('../../prompts/en.json', import.meta.url), 'utf8'),
    ) as Record<string, string>;
    expect(Object.keys(words).sort()).toEqual([...PROMPT_IDS].sort());

    for (const file of promptFiles(PROMPT_IDS, 'en')) {
      const wav = readFileSync(file);
      expect(wav.toString('latin1', 0, 4), file).toBe('RIFF');
      expect(wav.toString('latin1', 8, 16), file).toBe('WAVEfmt ');
      expect(
        [wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(24), wav.readUInt16LE(34)],
        file,
      ).toEqual([WAVE_FORMAT_MULAW, 1, 16_000, 8]);
    }
  });

  it('keeps the order of the ids and falls back to English', () => {
    const files = promptFiles(['pin-wrong', 'enter-pin'], 'xx-YY');
    expect(files.map((file) => file.split('/').slice(-2).join('/'))).toEqual([
      'en/pin-wrong.wav',
      'en/enter-pin.wav',
    ]);
    expect(promptFiles(['goodbye'], 'en-GB')).toEqual(promptFiles(['goodbye'], 'en'));
  });
});
