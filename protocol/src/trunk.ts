import { z } from 'zod';

/*
 * Trunks (whom phone calls may come from) and DIDs (the numbers that lead here), as administrators see them
 * over REST. A secret goes in and never comes out.
 */

/** The limits of a trunk that names none of its own. */
const DEFAULT_MAX_CALLS = 100;
const DEFAULT_CALLS_PER_SECOND = 10;

const id = z.string().min(1).max(64);

/** RFC 7616: these stand within quotes in a header, so neither quotes nor control characters. */
const quotable = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^"\\\p{C}]+$/u, 'must have no quotes, backslashes or control characters');

const digestSchema = z.object({
  username: quotable(64).regex(/^[^:]+$/, 'must have no colon'),
  password: z.string().min(8, 'must have at least 8 characters').max(128),
  /** What the challenge says it is for. */
  realm: quotable(64).default('switchroom'),
});
export type DigestSecret = z.infer<typeof digestSchema>;

const trunkFields = {
  name: z.string().trim().min(1).max(60),
  /** Networks that its calls come from, e.g. `203.0.113.0/24` or `2001:db8::1/128`. */
  cidrs: z
    .array(z.union([z.cidrv4(), z.cidrv6()], { error: 'must look like 203.0.113.0/24' }))
    .max(64),
  /** When set, every INVITE must also carry this user's digest. */
  digest: digestSchema.nullable(),
  /** Calls at a time, ringing ones included. */
  maxCalls: z.int().min(1).max(10_000),
  /** New INVITEs a second, refused ones included; a second's worth may come at once. */
  callsPerSecond: z.int().min(1).max(1000),
  enabled: z.boolean(),
};

export const createTrunkSchema = z.object({
  ...trunkFields,
  cidrs: trunkFields.cidrs.default([]),
  digest: trunkFields.digest.default(null),
  maxCalls: trunkFields.maxCalls.default(DEFAULT_MAX_CALLS),
  callsPerSecond: trunkFields.callsPerSecond.default(DEFAULT_CALLS_PER_SECOND),
  enabled: trunkFields.enabled.default(true),
});
export type CreateTrunk = z.infer<typeof createTrunkSchema>;

export const updateTrunkSchema = z.object(trunkFields).partial();
export type UpdateTrunk = z.infer<typeof updateTrunkSchema>;

/** A Trunk over REST. */
export interface TrunkView {
  id: string;
  name: string;
  cidrs: string[];
  digest: { username: string; realm: string } | null;
  maxCalls: number;
  callsPerSecond: number;
  enabled: boolean;
  createdAt: string;
}

const didFields = {
  number: z.string().regex(/^\+\d{5,15}$/, 'must be E.164, as in +15550100'),
  /** The one trunk that may call it; null: any. */
  trunkId: id.nullable(),
  /** RFC 5646 tag of the prompts' language; English stands in for what has not been spoken. */
  language: z
    .string()
    .max(35)
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, 'must be a language tag, as in en or fr-CA'),
  /** The one meeting that it leads to, without a PIN; null: to the PIN prompt. */
  meetingId: id.nullable(),
  enabled: z.boolean(),
};

export const createDidSchema = z.object({
  ...didFields,
  trunkId: didFields.trunkId.default(null),
  language: didFields.language.default('en'),
  meetingId: didFields.meetingId.default(null),
  enabled: didFields.enabled.default(true),
});
export type CreateDid = z.infer<typeof createDidSchema>;

export const updateDidSchema = z.object(didFields).partial();
export type UpdateDid = z.infer<typeof updateDidSchema>;

/** A Did over REST. */
export interface DidView {
  id: string;
  number: string;
  trunkId: string | null;
  language: string;
  meetingId: string | null;
  enabled: boolean;
  createdAt: string;
}
