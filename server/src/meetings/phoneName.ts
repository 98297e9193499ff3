import { maskNumber, type NumberPrivacy } from '@switchroom/protocol';

/** So many digits in a row are a phone number, whatever but letters is between them. */
const NUMBER_LIKE = /\+?\p{Nd}(?:[^\p{L}\p{Nd}]*\p{Nd}){6,}/gu;
/** What `maskNumber` makes of one. */
const MASKED = /…\d{4}/g;
/** Exchanges name their extensions so, with which numbers end. Fewer digits are so by chance. */
const EXTENSION = /\p{Nd}{3,6}/gu;
/** A phone of which nothing is known, or nothing shown. */
const NAMELESS = 'Phone';

/** A caller as a gateway tells of it: the number is whole, and may have been masked in the name already. */
export interface PhoneCaller {
  name: string;
  /** Empty when withheld. */
  number: string;
}

/** A caller's name as others may see it: any phone number in it is shown as the meeting wants it. */
export function phoneName({ name, number }: PhoneCaller, privacy: NumberPrivacy): string {
  const show = (whole: string): string => SHOWN[privacy](whole);
  const masked = maskNumber(number);
  if (number !== '' && (name === masked || (name === NAMELESS && isDigits(number)))) {
    return orNameless(privacy === 'last-four' ? name : show(number));
  }
  // Digits are digits however wide they are written.
  const shown = name
    .replace(/\p{Nd}/gu, (digit) => digit.normalize('NFKC'))
    .replace(NUMBER_LIKE, show)
    .replace(MASKED, (part) => (part === masked ? show(number) : privacy === 'none' ? '' : part))
    .replace(EXTENSION, (part) => (number.endsWith(part) ? endOf(number, part, privacy) : part));
  return orNameless(shown);
}

const SHOWN: Record<NumberPrivacy, (number: string) => string> = {
  whole: (number) => number,
  'last-four': maskNumber,
  none: () => '',
};

/** The end of a number, as it may be seen. */
function endOf(number: string, end: string, privacy: NumberPrivacy): string {
  if (privacy === 'none') return '';
  const isFew = end.length <= 4 && maskNumber(number).endsWith(end);
  return privacy === 'whole' || isFew ? end : maskNumber(number);
}

function isDigits(number: string): boolean {
  return /^\+?\d+$/.test(number);
}

function orNameless(name: string): string {
  const bare = name
    .replace(/\(\s*\)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return bare === '' ? NAMELESS : bare;
}
