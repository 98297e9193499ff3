import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PROMPT_LANGUAGES } from '@switchroom/protocol';

/** Numbers that are spoken. */
export const NUMBERS = [
  2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 30, 40, 50, 60, 70, 80, 90,
  100,
] as const;

/** Every prompt there is. The words are in `prompts/<language>.json`, the audio in `prompts/<language>/<id>.wav`. */
export const PROMPT_IDS = [
  'welcome',
  /** Names its own language and the key for it; said in all languages but the one that is spoken. */
  'choose-language',
  'enter-pin',
  'pin-wrong',
  'too-many-tries',
  'unreachable',
  'meeting-ended',
  'removed',
  'meeting-locked',
  'time-over',
  'goodbye',
  /** A call of ours was answered. */
  'invited',
  'invited-call-me',
  /** Roll-call. */
  'say-name',
  'name-not-heard',
  'you-said',
  'name-review',
  /** The lobby. */
  'lobby-wait',
  'admitted',
  'somebody-waiting',
  'muted',
  'unmuted',
  'muted-by-host',
  'unmute-asked',
  'recording-on',
  'recording-off',
  /** Press 1, or hang up. */
  'consent-ask',
  'consent-given',
  'recording-paused',
  'recording-resumed',
  'loudest',
  'quietest',
  'hand-raised',
  'hand-lowered',
  'help',
  'help-host',
  'locked',
  'unlocked',
  'all-muted',
  'let-in',
  'nobody-waiting',
  'not-possible',
  'alone',
  'there-are',
  'there-are-more-than',
  'people',
  ...NUMBERS.map((number) => `number-${number}` as const),
] as const;
export type PromptId = (typeof PROMPT_IDS)[number];

export type Language = (typeof PROMPT_LANGUAGES)[number];

/** The language that a key stands for after `*`. */
export function languageOfKey(key: string): Language | undefined {
  return /^[1-9]$/.test(key) ? PROMPT_LANGUAGES[Number(key) - 1] : undefined;
}

/** Of ours, the one that is spoken where this one (RFC 5646) is wanted. */
export function spokenLanguage(language: string): Language {
  const primary = language.toLowerCase().split('-')[0];
  return PROMPT_LANGUAGES.find((known) => known === primary) ?? PROMPT_LANGUAGES[0];
}

/** What a prompt says. */
export function promptWords(id: PromptId, language: Language): string {
  const file = new URL(`../../prompts/${language}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as Record<PromptId, string>)[id];
}

/** Paths of the files of these prompts, in order. `language` is an RFC 5646 tag, e.g. `en-GB`. */
export function promptFiles(ids: readonly PromptId[], language: string): string[] {
  const spoken = spokenLanguage(language);
  return ids.flatMap((id) => {
    const said =
      id === 'choose-language' ? PROMPT_LANGUAGES.filter((other) => other !== spoken) : [spoken];
    return said.map((each) => promptFile(id, each));
  });
}

function promptFile(id: PromptId, language: Language): string {
  return fileURLToPath(new URL(`../../prompts/${language}/${id}.wav`, import.meta.url));
}
