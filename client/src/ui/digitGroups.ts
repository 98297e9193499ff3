/**
 * The parts in which a PIN or a phone number is easy to read aloud. Joined they are the input:
 * the gaps between them are drawn, never copied.
 */
export function digitGroups(digits: string): string[] {
  const american = /^(\+1)(\d{3})?(\d{3})(\d{4})$/.exec(digits);
  if (american !== null) {
    return american.slice(1).filter(Boolean);
  }
  if (/^\d{6}$/.test(digits)) return [digits.slice(0, 3), digits.slice(3)];
  return [digits];
}
