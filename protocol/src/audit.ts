import { z } from 'zod';
import { AUDIT_ACTORS, USER_ROLES } from './constants.ts';
import { moment, nothing } from './moment.ts';

/*
 * The audit trail, as it is stored, exported (one entry a line) and verified: docs/compliance.md says how an
 * entry's `hash` is made.
 */
export const AUDIT_OUTCOMES = ['ok', 'refused', 'failed'] as const;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const auditEntrySchema = z.object({
  /** 1 for the first; without gaps. */
  seq: z.int().positive(),
  /** ISO 8601, UTC; never before that of the entry before. */
  at: z.iso.datetime(),
  actor: z.object({
    kind: z.enum(AUDIT_ACTORS),
    /** Of the user or participant. */
    id: z.string().nullable(),
    name: z.string().nullable(),
    /** That the user had in that moment. */
    roles: z.array(z.enum(USER_ROLES)),
  }),
  /** What was done, e.g. `recording.played`. */
  action: z.string(),
  /** On what. */
  subject: z.object({ type: z.string(), id: z.string().nullable() }),
  outcome: z.enum(AUDIT_OUTCOMES),
  /** The IP address that it was asked from; null where nobody asked from anywhere. */
  address: z.string().nullable(),
  /** Strings, whole numbers, truth values, null, and lists of strings. */
  details: z.record(
    z.string(),
    z.union([z.string(), z.int(), z.boolean(), z.null(), z.array(z.string())]),
  ),
  /** `hash` of the entry before; zeros in the first. */
  prev: hash,
  /** `hash` of the last entry before on the same subject; null in the first on it. */
  subjectPrev: hash.nullable(),
  hash,
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const listAuditQuerySchema = z.object({
  from: moment('00:00:00.000').optional(),
  to: moment('23:59:59.999').optional(),
  /** `recording.played`, or all that begin so: `recording`. */
  action: z.string().max(64).optional(),
  /** Id, or e-mail address. */
  actor: z.string().max(254).optional(),
  /** Id of what it was done on. */
  subject: z.string().max(64).optional(),
  /** Looked for in names, details, addresses and ids. */
  q: z.string().max(200).optional(),
  cursor: z.union([nothing, z.string().regex(/^\d{1,15}$/, 'is not one of ours')]).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type ListAuditQuery = z.output<typeof listAuditQuerySchema>;
