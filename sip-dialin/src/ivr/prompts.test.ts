import { readdirSync, readFileSync } from 'node:fs';
import { PROMPT_LANGUAGES } from '@switchroom/protocol';
import { describe, expect, it } from 'vitest';
import { readPrompt } from '../media/embedded/prompts/wav.ts';
import { languageOfKey, PROMPT_IDS, promptFiles } from './prompts.ts';

const folder = (path: string): URL => new URL(`../../prompts/${path}`, import.meta.url);
const spoken = (ids: Parameters<typeof promptFiles>[0], language: string): string[] =>
  promptFiles(ids, language).map((file) => file.split('/').slice(-2).join('/'));

describe.each(PROMPT_LANGUAGES)('prompts: %s', (language) => {
  const words = JSON.parse(readFileSync(folder(`${language}.json`), 'utf8')) as Record<
    string,
    string
  >;

  it('has words and audio for every prompt id, and no others', () => {
    expect(Object.keys(words).sort()).toEqual([...PROMPT_IDS].sort());
    const files = readdirSync(folder(`${language}/`)).map((file) => file.replace('.wav', ''));
    expect(files.sort()).toEqual([...PROMPT_IDS].sort());
  });

  it('says each at the pace of speech, and none in silence', () => {
    for (const id of PROMPT_IDS) {
      const file = `${language}/${id}.wav`;
      // Throws for what is not 16 kHz, mono, 8-bit mu-law.
      const pcm = readPrompt(readFileSync(folder(file)), file);
      const seconds = pcm.length / 16_000;
      const perLetter = seconds / words[id]!.length;
      expect(perLetter, file).toBeGreaterThan(0.04);
      expect(perLetter, file).toBeLessThan(0.2);
      const rms = Math.sqrt(pcm.reduce((sum, sample) => sum + sample ** 2, 0) / pcm.length);
      const level = 20 * Math.log10(rms / 32_768);
      expect(level, file).toBeGreaterThan(-22);
      expect(level, file).toBeLessThan(-19);
    }
  });

  it('is offered to those who hear another one', () => {
    const others = PROMPT_LANGUAGES.filter((other) => other !== language);
    expect(spoken(['choose-language'], language)).toEqual(
      others.map((other) => `${other}/choose-language.wav`),
    );
  });
});

describe('promptFiles()', () => {
  it('keeps the order of the ids and falls back to English', () => {
    expect(spoken(['pin-wrong', 'enter-pin'], 'xx-YY')).toEqual([
      'en/pin-wrong.wav',
      'en/enter-pin.wav',
    ]);
    expect(spoken(['goodbye'], 'fr-CA')).toEqual(['fr/goodbye.wav']);
  });
});

describe('languageOfKey()', () => {
  it('counts from 1 in the order that the greeting says them', () => {
    expect(['1', '2', '3', '4'].map(languageOfKey)).toEqual([...PROMPT_LANGUAGES]);
    expect(['0', '5', '#', '*', 'A', ''].map(languageOfKey)).toEqual(Array(6).fill(undefined));
  });
});
