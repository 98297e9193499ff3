import { createHmac, randomBytes } from 'node:crypto';
import { maskNumber } from '@switchroom/protocol';
import { parseNameAddr } from './nameAddr.ts';
import { toE164 } from './phoneNumber.ts';

/** Who calls, as far as the INVITE says. */
export interface Caller {
  /** What the others will read; 1 to 60 characters, never a whole phone number. */
  name: string;
  /** E.164, or the From user as it is; empty when withheld. Not for logs. */
  number: string;
  /**
   * Tells this caller from others where wrong PINs are counted: the number; where it is withheld a hash of
   * what the network says to us alone (RFC 3325 section 7), empty when it says nothing. Not for logs.
   */
  key: string;
}

/** The headers that say who calls, as they came. */
export interface CallerHeaders {
  from: string;
  /** P-Asserted-Identity (RFC 3325): put there by a network that we trust, since the trunk let the call in. */
  assertedIdentity?: string | undefined;
  /** Older exchanges have this for it; it counts where the other is not there, and what it says of privacy always. */
  remotePartyId?: string | undefined;
  /** RFC 3323. */
  privacy?: string | undefined;
}

const WITHHELD = { name: 'Phone', number: '' };
/** Hashes of numbers can be guessed, of these nobody's but ours. */
const HASH_KEY = randomBytes(32);
const NAME_LIMIT = 60;
const NUMBER_LIMIT = 64;

export function callerOf(headers: CallerHeaders): Caller {
  const from = parseNameAddr(headers.from);
  const identity = headers.assertedIdentity ?? headers.remotePartyId;
  const asserted = identity ? parseNameAddr(identity) : undefined;
  const user = asserted?.user ? asserted.user : from.user;
  const number = (toE164(user) ?? clean(user)).slice(0, NUMBER_LIMIT);
  if (isWithheld(from.user, headers)) return { ...WITHHELD, key: hidden(number) };
  return { name: shownName(from.name || (asserted?.name ?? ''), number), number, key: number };
}

function isWithheld(fromUser: string, headers: CallerHeaders): boolean {
  // Remote-Party-ID has its own word for it.
  if (/;\s*privacy="?(full|name|uri)\b/i.test(headers.remotePartyId ?? '')) return true;
  return isNobody(fromUser) || /\b(id|user|header)\b/i.test(headers.privacy ?? '');
}

/** Users that stand for nobody (RFC 3323 section 4.1.1.3, and what networks make of it). */
function isNobody(user: string): boolean {
  return /^(anonymous|unavailable|restricted|unknown)?$/i.test(user);
}

function hidden(number: string): string {
  if (isNobody(number)) return '';
  return `#${createHmac('sha256', HASH_KEY).update(number).digest('base64url')}`;
}

function shownName(displayName: string, number: string): string {
  // The last replacement: a character of two halves that the limit cut in the middle.
  const name = clean(displayName)
    .slice(0, NAME_LIMIT)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trim();
  // Many networks repeat the number as the name: then it is masked as one.
  if (name !== '' && !hasNumber(name)) return name;
  if (toE164(number) !== undefined) return maskNumber(number);
  return /\p{Letter}/u.test(number) && !hasNumber(number)
    ? number.slice(0, NAME_LIMIT)
    : WITHHELD.name;
}

/** Five digits in a row, whatever but letters is between them, and however they are written. */
function hasNumber(text: string): boolean {
  return /\p{Nd}{5}/u.test(text.normalize('NFKC').replace(/[^\p{L}\p{Nd}]/gu, ''));
}

/** Without control and formatting characters, which could turn a list of names around. */
function clean(text: string): string {
  return text.replace(/\p{C}/gu, '').trim();
}
