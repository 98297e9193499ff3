import type { ConsentPolicy, Told } from './consent.ts';
import { CONSENT_POLICIES } from './constants.ts';

/* Without a schema, since the browser app takes values of it: see constants.ts. */

/**
 * What browsers show of a recording, by language and by the meeting's policy: these words are on the screen and, for
 * who saw them, in the recording's manifest. Those for phones are sip-dialin's prompts.
 */
export const RECORDING_WORDS = {
  en: {
    notice: 'This meeting is being recorded. What you say is recorded, too.',
    required:
      'This meeting is being recorded. Until you agree, nobody hears you and you are not recorded. If you do not agree, leave the meeting.',
  },
} as const;

/** Whether it says that somebody agreed, not only that they were told. */
export function isAgreement({ how }: Pick<Told, 'how'>): boolean {
  return how === 'button' || how === 'key';
}

/** What these words, shown by a browser, ask for; `undefined` when they are not ours. */
export function policyOfWords(language: string, words: string): ConsentPolicy | undefined {
  const ours = Object.entries(RECORDING_WORDS).find(([known]) => known === language)?.[1];
  return CONSENT_POLICIES.find((policy) => ours?.[policy] === words);
}
