import { z } from 'zod';
import { languageTagSchema } from './languageTag.ts';
import { parseTrunkUri } from './trunkUri.ts';

/*
 * Trunks (whom phone calls may come from) and DIDs (the numbers that lead here), as administrators see them
 * over REST. A secret goes in and never comes out.
 */

/** The limits of a trunk that names none of its own. */
const DEFAULT_MAX_CALLS = 100;
const DEFAULT_CALLS_PER_SECOND = 10;

const id = z.string().min(1).max(64);

/** A whole number (ITU-T E.164): no country code begins with 0. */
const e164 = z.string().regex(/^\+[1-9]\d{4,14}$/, 'must be E.164, as in +15550100');

/** RFC 7616: these stand within quotes in a header, so neither quotes nor control characters. */
const quotable = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^"\\\p{C}]+$/u, 'must have no quotes, backslashes or control characters');

const digestSchema = z.strictObject({
  username: quotable(64).regex(/^[^:]+$/, 'must have no colon'),
  password: z.string().min(8, 'must have at least 8 characters').max(128),
  /** What the challenge says it is for. */
  realm: quotable(64).default('switchroom'),
});
export type DigestSecret = z.infer<typeof digestSchema>;

/**
 * SRTP by keys in the SDP (RFC 4568): `optional` takes it where an offer has it and offers it beside plain RTP,
 * `required` refuses what has not, `off` never.
 */
export const TRUNK_SRTP = ['off', 'optional', 'required'] as const;
export type TrunkSrtp = (typeof TRUNK_SRTP)[number];

const sipUri = z
  .string()
  .max(255)
  .refine(
    (uri) => parseTrunkUri(uri) !== undefined,
    'must look like sip:carrier.example.net:5060;transport=tcp',
  );

/** Whom a call to the outside names in From: the number that it shows, or the account at the carrier. */
const FROM_USERS = ['caller-id', 'username'] as const;

const outboundFields = {
  /** Where calls go, without a user: `sip:carrier.example.net`, `sip:203.0.113.7:5061;transport=tls`. */
  uri: sipUri,
  /** Lower is tried first. */
  priority: z.int().min(0).max(1000),
  /** What is called sees this number (E.164). */
  callerId: e164,
  /** `username`: From names the account, as carriers want that know it by that; P-Asserted-Identity has the number. */
  fromUser: z.enum(FROM_USERS),
  /** Digest credentials (RFC 7616) for calls and REGISTER; null: none. */
  username: quotable(64).nullable(),
  password: z.string().min(1).max(128).nullable(),
  /** Whether the carrier wants a REGISTER (RFC 3261 section 10). */
  register: z.boolean(),
  /** Calls at a time to the outside. */
  maxCalls: z.int().min(1).max(10_000),
};
/** Of what may be left out. */
export const OUTBOUND_DEFAULTS = {
  priority: 10,
  fromUser: 'caller-id',
  username: null,
  password: null,
  register: false,
  maxCalls: 30,
} as const;
export const outboundSchema = z.strictObject({
  ...outboundFields,
  priority: outboundFields.priority.default(OUTBOUND_DEFAULTS.priority),
  fromUser: outboundFields.fromUser.default(OUTBOUND_DEFAULTS.fromUser),
  username: outboundFields.username.default(OUTBOUND_DEFAULTS.username),
  password: outboundFields.password.default(OUTBOUND_DEFAULTS.password),
  register: outboundFields.register.default(OUTBOUND_DEFAULTS.register),
  maxCalls: outboundFields.maxCalls.default(OUTBOUND_DEFAULTS.maxCalls),
});
export type TrunkOutbound = z.infer<typeof outboundSchema>;

/** E.164 prefixes. Of those that a number begins with the longest decides; `allowed` wins over an equal `denied`. */
const prefixes = z
  .array(z.string().regex(/^\+[1-9]\d{0,14}$/, 'must look like +1 or +4930'))
  .max(200);

const CALL_ME = ['off', 'signed-in', 'everybody'] as const;

/** `PUT /dial-out`: what may be called, by all meetings together. At first nothing: `allowed` is empty. */
export const dialOutPolicySchema = z.strictObject({
  allowed: prefixes.default([]),
  denied: prefixes.default([]),
  /** Calls to the outside at a time. */
  maxCalls: z.int().min(1).max(10_000).default(20),
  /** Begun within any 60 minutes, by all and by one meeting. */
  callsPerHour: z.int().min(1).max(100_000).default(100),
  callsPerHourPerMeeting: z.int().min(1).max(100_000).default(30),
  /** Who may have their own phone called ("call me"); hosts are signed in. */
  callMe: z.enum(CALL_ME).default('signed-in'),
  /** The longest call, in minutes from its answer. */
  maxMinutes: z
    .int()
    .min(1)
    .max(24 * 60)
    .default(240),
});
export type DialOutPolicy = z.infer<typeof dialOutPolicySchema>;

const trunkFields = {
  name: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .regex(/^\P{C}*$/u, 'must have no control or formatting characters'),
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
  srtp: z.enum(TRUNK_SRTP),
  clientCertificate: z.boolean(),
  /** Always given whole; null: takes no calls to the outside. */
  outbound: outboundSchema.nullable(),
  enabled: z.boolean(),
};

export const createTrunkSchema = z.strictObject({
  ...trunkFields,
  cidrs: trunkFields.cidrs.default([]),
  digest: trunkFields.digest.default(null),
  maxCalls: trunkFields.maxCalls.default(DEFAULT_MAX_CALLS),
  callsPerSecond: trunkFields.callsPerSecond.default(DEFAULT_CALLS_PER_SECOND),
  srtp: trunkFields.srtp.default('optional'),
  clientCertificate: trunkFields.clientCertificate.default(false),
  outbound: trunkFields.outbound.default(null),
  enabled: trunkFields.enabled.default(true),
});
export type CreateTrunk = z.infer<typeof createTrunkSchema>;

export const updateTrunkSchema = z.strictObject(trunkFields).partial();
export type UpdateTrunk = z.infer<typeof updateTrunkSchema>;

/** A Trunk over REST. */
export interface TrunkView {
  id: string;
  name: string;
  cidrs: string[];
  digest: { username: string; realm: string } | null;
  maxCalls: number;
  callsPerSecond: number;
  srtp: TrunkSrtp;
  clientCertificate: boolean;
  outbound: Omit<TrunkOutbound, 'password'> | null;
  enabled: boolean;
  createdAt: string;
}

const didFields = {
  number: e164,
  /** The one trunk that may call it; null: any. */
  trunkId: id.nullable(),
  /** RFC 5646 tag of the prompts' language; English stands in for what has not been spoken. */
  language: languageTagSchema,
  /** The one meeting that it leads to, without a PIN; null: to the PIN prompt. */
  meetingId: id.nullable(),
  enabled: z.boolean(),
};

export const createDidSchema = z.strictObject({
  ...didFields,
  trunkId: didFields.trunkId.default(null),
  language: didFields.language.default('en'),
  meetingId: didFields.meetingId.default(null),
  enabled: didFields.enabled.default(true),
});
export type CreateDid = z.infer<typeof createDidSchema>;

export const updateDidSchema = z.strictObject(didFields).partial();
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
