/**
 * A phone number as logs and lists may show it: the last four digits, e.g. `…0123`.
 * Anything shorter than seven digits is hidden whole, since four digits would give most of it away.
 */
export function maskNumber(number: string): string {
  const digits = number.replace(/\D/g, '');
  return digits.length < 7 ? '…' : `…${digits.slice(-4)}`;
}
