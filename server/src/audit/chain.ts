import { createHash } from 'node:crypto';
import type { AuditEntry } from '@switchroom/protocol';

/** `prev` of the first entry. */
export const NO_ENTRY: string = '0'.repeat(64);

/** JSON in one form only (RFC 8785): members sorted by their names, no blanks. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** Of an entry as canonical JSON without its own `hash`; lower-case hexadecimal. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Where a trail is wrong first, and how. */
export interface Flaw {
  seq: number;
  flaw: string;
}

/** What is wrong with an entry, given the one before it in the trail; undefined when nothing is. */
export function flawOf(
  { hash, ...entry }: AuditEntry,
  before: Pick<AuditEntry, 'seq' | 'hash'> | undefined,
): Flaw | undefined {
  const { seq, prev } = entry;
  const due = (before?.seq ?? 0) + 1;
  if (seq !== due)
    return { seq: due, flaw: `entry ${due} is missing; entry ${seq} is there instead` };
  if (prev !== (before?.hash ?? NO_ENTRY)) {
    return { seq, flaw: `entry ${seq} does not continue the one before it` };
  }
  if (hashOf(canonicalJson(entry)) !== hash) {
    return { seq, flaw: `entry ${seq} is not what was written` };
  }
  return undefined;
}
