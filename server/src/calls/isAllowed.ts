import type { DialOutPolicy } from '@switchroom/protocol';

/**
 * A zero after the country code (E.164: of one, two or three digits), which is dialled within many countries and
 * dropped on the way by some carriers. In those that are left out numbers begin with a zero from abroad, too.
 */
const TRUNK_ZERO =
  /^(\+(?!39|225|229|241|242|378)(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}))0+/;

/**
 * Whether this number (E.164) may be called: of the prefixes that it begins with the longest decides, and of
 * an allowed and a denied one that are equal the allowed. What no prefix fits may not be called. What is
 * denied is so with a trunk zero, too: +49 (0)900 as +49 900.
 */
export function isAllowed(
  number: string,
  { allowed, denied }: Pick<DialOutPolicy, 'allowed' | 'denied'>,
): boolean {
  const longest = (prefixes: readonly string[], of: string): number =>
    Math.max(0, ...prefixes.filter((prefix) => of.startsWith(prefix)).map((one) => one.length));
  const length = longest(allowed, number);
  const forms = [number, number.replace(TRUNK_ZERO, '$1')];
  return length > 0 && forms.every((form) => length >= longest(denied, form));
}
