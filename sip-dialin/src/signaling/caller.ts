import { maskNumber } from '@switchroom/protocol';
import { parseNameAddr } from './nameAddr.ts';
import { toE164 } from './phoneNumber.ts';

/** Who calls, as far as the INVITE says. */
export interface Caller {
  /** What the others will read; 1 to 60 characters, never a whole phone number. */
  name: string;
  /** E.164, or the From user as it is; empty when withheld. Not for logs. */
  number: string;
}

/** The headers that say who calls, as they came. */
export interface CallerHeaders {
  from: string;
  /** RFC 3325: put there by a network that we trust, since the trunk let the call in. */
  assertedIdentity?: string | undefined;
  /** RFC 3323. */
  privacy?: string | undefined;
}

const WITHHELD: Caller = { name: 'Phone', number: '' };
const NAME_LIMIT = 60;
const NUMBER_LIMIT = 64;

export function callerOf(headers: CallerHeaders): Caller {
  const from = parseNameAddr(headers.from);
  if (isWithheld(from.user, headers)) return WITHHELD;
  const asserted = headers.assertedIdentity ? parseNameAddr(headers.assertedIdentity) : undefined;
  const user = asserted?.user ? asserted.user : from.user;
  const number = (toE164(user) ?? clean(user)).slice(0, NUMBER_LIMIT);
  return { name: shownName(from.name, number), number };
}

function isWithheld(fromUser: string, headers: CallerHeaders): boolean {
  return (
    /^(anonymous|unavailable|restricted|unknown)?$/i.test(fromUser) ||
    /\b(id|user|header)\b/i.test(headers.privacy ?? '')
  );
}

function shownName(displayName: string, number: string): string {
  // The last replacement: a character of two halves that the limit cut in the middle.
  const name = clean(displayName)
    .slice(0, NAME_LIMIT)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trim();
  // Many networks repeat the number as the name: then it is masked as one.
  if (name !== '' && !/\d{5}/.test(name.replace(/[-.() ]/g, ''))) return name;
  if (toE164(number) !== undefined) return maskNumber(number);
  return /\p{Letter}/u.test(number) && !/\d{5}/.test(number)
    ? number.slice(0, NAME_LIMIT)
    : WITHHELD.name;
}

/** Without control and formatting characters, which could turn a list of names around. */
function clean(text: string): string {
  return text.replace(/\p{C}/gu, '').trim();
}
