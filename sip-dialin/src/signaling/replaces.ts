import type { DialogIds } from './Call.ts';

/** What a `Replaces` header asks for (RFC 3891 section 6.1), with the tags as we see them. */
export interface Replaces extends DialogIds {
  /** Only while that call rings: none of ours does that for long. */
  earlyOnly: boolean;
}

/** Undefined for what is no such header. */
export function parseReplaces(value: string): Replaces | undefined {
  const [callId = '', ...parameters] = value.split(';').map((part) => part.trim());
  const get = (name: string): string | undefined =>
    parameters
      .map((parameter) => parameter.split('='))
      .find(([key]) => key?.trim().toLowerCase() === name)
      ?.slice(1)
      .join('=')
      .trim();
  // Section 3: to-tag is that of whoever is asked, which are we.
  const [localTag, remoteTag] = [get('to-tag'), get('from-tag')];
  if (callId === '' || localTag === undefined || remoteTag === undefined) return undefined;
  const earlyOnly = parameters.some((parameter) => parameter.toLowerCase() === 'early-only');
  return { callId, localTag, remoteTag, earlyOnly };
}
