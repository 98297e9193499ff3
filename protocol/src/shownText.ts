import { z } from 'zod';

/** What others would see as a line of its own, or not as it stands: line ends and other controls. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u2800]+/gu;
/** What is not seen at all: half characters, what turns the direction of the text around it (UAX 9), blanks without width. */
const UNSEEN =
  /[\p{Cs}\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]/gu;
/** More marks on one letter than any script has would cover the lines above and below. */
const MARKS = /(\p{M}{4})\p{M}+/gu;
const SEEN = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** A text that somebody made up as others may see it, in one line; empty when nothing would be seen of it. */
export function cleanText(text: string): string {
  const clean = text
    .replace(CONTROLS, ' ')
    .replace(UNSEEN, '')
    .replace(MARKS, '$1')
    .replace(/\s+/g, ' ')
    .trim();
  return SEEN.test(clean) ? clean : '';
}

/** A name or title of 1 to `max` characters, of which `cleanText()` leaves something. */
export function shownText(max: number) {
  return z
    .string()
    .trim()
    .max(max)
    .transform(cleanText)
    .pipe(z.string().min(1, 'must show something'));
}

/** What a participant is called. */
export const personNameSchema = shownText(60);
