import type { AuditEntry } from '@switchroom/protocol';

type Details = AuditEntry['details'];

/** Details of an entry, without those that are undefined or empty. */
export function given(details: Record<string, Details[string] | undefined>): Details {
  return Object.fromEntries(
    Object.entries(details).filter(([, value]) => value !== undefined && value !== ''),
  ) as Details;
}
