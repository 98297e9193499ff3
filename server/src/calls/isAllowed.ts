import type { DialOutPolicy } from '@switchroom/protocol';

/**
 * Whether this number (E.164) may be called: of the prefixes that it begins with the longest decides, and of
 * an allowed and a denied one that are equal the allowed. What no prefix fits may not be called.
 */
export function isAllowed(
  number: string,
  { allowed, denied }: Pick<DialOutPolicy, 'allowed' | 'denied'>,
): boolean {
  const longest = (prefixes: readonly string[]): number =>
    Math.max(0, ...prefixes.filter((prefix) => number.startsWith(prefix)).map((one) => one.length));
  const length = longest(allowed);
  return length > 0 && length >= longest(denied);
}
