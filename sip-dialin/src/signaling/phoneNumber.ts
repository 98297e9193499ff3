/**
 * E.164 of what was dialled: `+15550100` of `+15550100`, `15550100`, `0015550100`, `+1 555-0100`.
 * Undefined for what is not a number.
 */
export function toE164(dialled: string): string | undefined {
  // RFC 3966 section 5.1.1: visual separators mean nothing.
  const bare = dialled.replace(/[-.() ]/g, '').replace(/^00/, '+');
  // E.164 section 6: at most 15 digits. Shorter ones than any country's are not dialled from outside.
  return /^\+?\d{5,15}$/.test(bare) ? `+${bare.replace(/^\+/, '')}` : undefined;
}
