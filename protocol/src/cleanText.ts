/*
 * Texts that people make up, as others may see them. Without zod, so that the browser can have it: the content security
 * policy does not let zod's compiler there.
 */

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

/** Without one of these nobody who reads the trail learns anything. */
const SAYS_SOMETHING = /[\p{L}\p{N}]/u;

/** A reason as it will stand in the audit trail, in one line; empty when it says nothing. */
export function cleanReason(text: string): string {
  const clean = cleanText(text);
  return SAYS_SOMETHING.test(clean) ? clean : '';
}
