/*
 * Values that the browser app takes. They stand apart from the schemas: of a module that nothing is taken
 * from, the bundle has nothing, and so no zod, whose `new Function` the content security policy refuses.
 */

/** The socket.io namespace of browsers. */
export const MEET_NAMESPACE = '/meet';

/** What a user may do; a user can have several. */
export const USER_ROLES = ['administrator', 'host', 'compliance-officer', 'auditor'] as const;

export const RECORDING_POLICIES = ['off', 'on-demand', 'always'] as const;

/** `notice`: everybody is told of a recording. `required`: whoever has not agreed is neither heard nor recorded. */
export const CONSENT_POLICIES = ['notice', 'required'] as const;

/** How somebody was told of a recording (the first two), or agreed to it. */
export const CONSENT_WAYS = ['shown', 'heard', 'button', 'key'] as const;

/** What a recording's timeline tells of somebody. `held`: their phone put the call on hold. */
export const TIMELINE_EVENTS = [
  'joined',
  'left',
  'muted',
  'unmuted',
  'held',
  'resumed',
  'renamed',
] as const;

/**
 * Why a recording has no sound somewhere. `paused`: nothing was written, since somebody wanted it so. Of tracks also where
 * nothing came for a second or more: `server-lost`, until the server offered the participant's sound again; `muted`;
 * `no-packets` for whatever else.
 */
export const GAP_REASONS = [
  'recorder-died',
  'write-failed',
  'paused',
  'server-lost',
  'muted',
  'no-packets',
] as const;

/** How much of a caller's number the others see. */
export const NUMBER_PRIVACIES = ['whole', 'last-four', 'none'] as const;

/** `tones`; `roll-call`: each caller's own recorded name as they enter, a tone as they leave; `none`. */
export const ENTRY_SIGNALS = ['tones', 'roll-call', 'none'] as const;

/** `not-confirmed`: answered, but nobody pressed 1 (a voicemail, for one). `unreachable`: no trunk could place it. */
export const CALL_FAILURES = [
  'busy',
  'no-answer',
  'refused',
  'invalid-number',
  'unreachable',
  'not-confirmed',
  'cancelled',
] as const;

/** Of the prompts that phones hear; the first stands in for any other. `*1` chooses the first, and so on. */
export const PROMPT_LANGUAGES = ['en', 'es', 'fr', 'de'] as const;

/**
 * `recording-incomplete`: less is written than was said. `recording-damaged`: found so in the vault. `chain-broken`: seals are
 * missing from its chain. `recorder-unavailable`: a meeting that must be recorded is not. `storage-full`: nor will it be, until
 * there is space.
 */
export const ALARM_KINDS = [
  'recording-incomplete',
  'recording-damaged',
  'chain-broken',
  'recorder-unavailable',
  'storage-full',
] as const;

/** Who did what the audit trail tells of. */
export const AUDIT_ACTORS = ['user', 'participant', 'system', 'nobody'] as const;
