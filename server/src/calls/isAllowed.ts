import type { DialOutPolicy } from '@switchroom/protocol';

/**
 * Country codes (E.164: of one, two or three digits) as far as they must be told apart from what follows. After these
 * but for the few that are left out, where numbers begin with a zero from abroad, too, zeros are a trunk prefix.
 */
const COUNTRY = /^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})(\d*)$/;
const KEEPS_ZERO = new Set(['39', '225', '229', '241', '242', '378']);
/** What is dialled within a country before a number and is no part of it, where that is not 0 (ITU-T, list of dialling procedures). */
const TRUNK_PREFIX: Readonly<Record<string, RegExp>> = {
  '1': /^1/,
  '7': /^8/,
  '36': /^06/,
  '52': /^(01|04[45])/,
};
/** No number of a subscriber is so short: 110, 112, 911, 999 and their like, which are no use from elsewhere. */
const SHORT_DIGITS = 3;

/**
 * Whether this number (E.164) may be called: of the prefixes that it begins with the longest decides, and of
 * an allowed and a denied one that are equal the allowed. What no prefix fits may not be called. What is
 * denied is so with a trunk prefix or a doubled country code, too, since some carriers drop these on the way: +49 (0)900
 * as +49 900. Emergency numbers and others as short may not be called at all.
 */
export function isAllowed(
  number: string,
  { allowed, denied }: Pick<DialOutPolicy, 'allowed' | 'denied'>,
): boolean {
  const longest = (prefixes: readonly string[], of: string): number =>
    Math.max(0, ...prefixes.filter((prefix) => of.startsWith(prefix)).map((one) => one.length));
  const length = longest(allowed, number);
  return (
    length > 0 && formsOf(number).every((form) => !isShort(form) && length >= longest(denied, form))
  );
}

/** The number, and what may become of it on the way. */
function formsOf(number: string): string[] {
  const forms = new Set([number]);
  for (const form of forms) {
    const [, country, national = ''] = COUNTRY.exec(form) ?? [];
    if (country === undefined) continue;
    const shorter = [
      KEEPS_ZERO.has(country) ? national : national.replace(/^0+/, ''),
      national.replace(TRUNK_PREFIX[country] ?? /^$/, ''),
      national.startsWith(country) ? national.slice(country.length) : national,
    ];
    for (const rest of shorter) forms.add(`+${country}${rest}`);
  }
  return [...forms];
}

function isShort(number: string): boolean {
  const national = COUNTRY.exec(number)?.[2] ?? '';
  return national.length <= SHORT_DIGITS;
}
