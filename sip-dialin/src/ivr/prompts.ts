import { fileURLToPath } from 'node:url';

/** Every prompt there is. The words are in `prompts/en.json`, the audio in `prompts/en/<id>.wav`. */
export const PROMPT_IDS = [
  'welcome',
  'enter-pin',
  'pin-wrong',
  'too-many-tries',
  'unreachable',
  'meeting-ended',
  'removed',
  'goodbye',
] as const;
export type PromptId = (typeof PROMPT_IDS)[number];

/** Languages that have been spoken; the first stands in for any other. */
const LANGUAGES = ['en'] as const;

/** Paths of the files of these prompts, in order. `language` is an RFC 5646 tag, e.g. `en-GB`. */
export function promptFiles(ids: readonly PromptId[], language: string): string[] {
  const primary = language.toLowerCase().split('-')[0];
  const spoken = LANGUAGES.find((known) => known === primary) ?? LANGUAGES[0];
  return ids.map((id) =>
    fileURLToPath(new URL(`../../prompts/${spoken}/${id}.wav`, import.meta.url)),
  );
}
