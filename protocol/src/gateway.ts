import { z } from 'zod';
import type { Ack } from './errors.ts';
import {
  recordingViewSchema,
  type EntrySignal,
  type ParticipantView,
  type Role,
} from './meeting.ts';
import { toldSchema } from './consent.ts';
import { CALL_FAILURES, CONSENT_POLICIES } from './constants.ts';
import { cleanText } from './cleanText.ts';

/*
 * Gateways (sip-dialin, recorder), on the socket.io namespace `/gateway`: what they ask; gatewayNews.ts is what they are
 * told. Handshake auth: `gatewayHandshakeSchema`, with the service token.
 *
 * A gateway opens each room once and gets ONE plain RTP transport for it (rtcp-mux). Over it go, told
 * apart by SSRC, all its phones' Opus towards the room and all the room's Opus that it consumes: every
 * producer but those that came in by the same transport.
 */
export const GATEWAY_NAMESPACE = '/gateway';
export const GATEWAY_KINDS = ['sip-dialin', 'recorder'] as const;
export type GatewayKind = (typeof GATEWAY_KINDS)[number];

const id = z.string().min(1).max(64);

export const gatewayHandshakeSchema = z.object({
  token: z.string().min(1).max(256),
  kind: z.enum(GATEWAY_KINDS),
  protocolVersion: z.int(),
  /** recorder: what it records already, since it outlived its connection or the server. */
  recordings: z
    .array(
      z.object({
        meetingId: id,
        recordingId: id,
        /** By which it began, as `recording:start` said. */
        consent: z.enum(CONSENT_POLICIES).default('notice'),
      }),
    )
    .max(10_000)
    .optional(),
});
export type GatewayHandshake = z.infer<typeof gatewayHandshakeSchema>;

/** Of one participant. */
export const MAX_TOLD = 50;
const meeting = { meetingId: id };
const ssrc = z.int().min(1).max(0xffffffff);

/** What happened to a call, for the audit trail. */
export const callEventSchema = z.object({
  /** As `call:place` had it, or the gateway's own. None of `refused`, which stands for many. */
  callId: id.optional(),
  at: z.iso.datetime(),
  /** `entered`: it is let into a meeting, or its lobby; `refused`: INVITEs that became no call, of a minute. */
  type: z.enum(['invite', 'answered', 'entered', 'ended', 'refused']),
  direction: z.enum(['in', 'out']),
  trunkId: id.optional(),
  /** Of `invite`: what was dialled, and the IP address that it came from. */
  did: z.string().max(64).optional(),
  source: z.string().max(64).optional(),
  /** Of `entered`. */
  meetingId: id.optional(),
  /** Whole; told when it is known whether a meeting lets it be seen: with `entered`, else with `ended`. */
  number: z.string().max(64).optional(),
  /** Of `ended`. */
  by: z.enum(['caller', 'us', 'network']).optional(),
  /** Of `ended` and `refused`: SIP status, and why. */
  code: z.int().optional(),
  reason: z.string().max(64).optional(),
  /** Of `refused`: where they came from, if few networks were at it, and how many. */
  network: z.string().max(64).optional(),
  count: z.int().positive().optional(),
});
export type CallEventNews = z.infer<typeof callEventSchema>;

/** What a recorder counted so far, in packets. */
export const recordingCountsSchema = z.object({
  ...meeting,
  recordingId: id,
  /** Of the streams that it receives now, each since its `consumer:created`; `lost`: missing by their numbers. */
  consumers: z
    .array(
      z.object({
        consumerId: id,
        participantId: id,
        received: z.int().nonnegative(),
        lost: z.int().nonnegative(),
      }),
    )
    .max(1000),
  /** Of the tracks that it writes now, each since its beginning: what came, is in the file, and on the disk. */
  tracks: z
    .array(
      z.object({
        participantId: id,
        received: z.int().nonnegative(),
        written: z.int().nonnegative(),
        synced: z.int().nonnegative(),
      }),
    )
    .max(1000),
});
export type RecordingCounts = z.infer<typeof recordingCountsSchema>;

/** What a recorder finds wrong with the vault, and somebody must see to. */
export const vaultAlarmSchema = z.discriminatedUnion('kind', [
  /** Of a recording that was left open, its journal: it cannot be sealed. */
  z.object({ kind: z.literal('recording-damaged'), recordingId: id, file: z.literal('journal') }),
  /** The chain of seals does not go on from the last one that was added: their numbers. */
  z.object({
    kind: z.literal('chain-broken'),
    known: z.int().nonnegative(),
    found: z.int().nonnegative(),
  }),
]);
export type VaultAlarm = z.infer<typeof vaultAlarmSchema>;

export const gatewayRequests = {
  /** Opens the room for this gateway; a second call gives the same transport again. */
  'room:open': z.object(meeting),
  /** Tells where the gateway's RTP socket is. Consumers are made from then on. */
  'transport:connect': z.object({
    transportId: id,
    ip: z.union([z.ipv4(), z.ipv6()]),
    port: z.int().min(1).max(65535),
  }),
  /** The gateway wants nothing more of this room: its transport is closed, its phones are removed. */
  'room:release': z.object(meeting),

  /**
   * sip-dialin: where a call over this trunk to this number (E.164) leads. Errors `did-unknown`,
   * `forbidden` when the trunk is no more, `meeting-ended`.
   */
  'did:resolve': z.object({ number: z.string().max(64), trunkId: id }),
  /**
   * sip-dialin: the meeting behind a PIN, and whether it is the moderator's. Errors `pin-wrong`, `rate-limited`,
   * `pin-later`. `caller`, `anonymous` and `trunkId` are only used to throttle.
   */
  'pin:check': z.object({
    did: z.string().max(64),
    pin: z.string().regex(/^\d{1,16}$/),
    /** The number, or, where it is withheld, what else tells this caller from others. */
    caller: z.string().max(128),
    /** Nothing does: `caller` is the address that the call came from, and others call from there, too. */
    anonymous: z.boolean().optional(),
    trunkId: id.optional(),
    /** For the audit trail; as `call:event` has it. */
    callId: id.optional(),
  }),
  /**
   * sip-dialin: the phone becomes a participant and its producer is made; or, for a "call me", the sound of the one who asked.
   * In the lobby (`participant.state`) it must neither hear nor be heard: join its media when `participant:updated` says
   * that it is let in. Errors `conflict`, `bad-request`, `meeting-locked`.
   */
  'phone:join': z.object({
    ...meeting,
    /** As the From header said; what is not fit to be shown is taken out. */
    name: z
      .string()
      .max(240)
      .transform((name) => cleanText(name).slice(0, 60)),
    /** E.164 or whatever the From header said; empty when withheld. Shown as the meeting's `numberPrivacy` has it. */
    number: z.string().max(64),
    /** SSRC of the Opus that the gateway will send for this phone. */
    ssrc,
    /** As `pin:check` said. */
    role: z.enum(['host', 'participant']).optional(),
    /** Of a call that `call:place` asked for, and that was confirmed. */
    callId: id.optional(),
    /** Who it was, past the lobby, before the connection was lost or the room failed. */
    returns: id.optional(),
    /** What the caller was told and agreed to before: a server that was started anew does not know. */
    told: z.array(toldSchema).max(MAX_TOLD).optional(),
  }),
  /** That a phone's caller was told of the recording, or agreed to it. */
  'phone:told': z.object({ ...meeting, participantId: id, told: toldSchema }),
  /** Ignored where another phone, of another SSRC, is in that participant's place by now. */
  'phone:leave': z.object({ ...meeting, participantId: id, ssrc: ssrc.optional() }),
  'participant:setMuted': z.object({ ...meeting, participantId: id, muted: z.boolean() }),
  'participant:setHandRaised': z.object({
    ...meeting,
    participantId: id,
    handRaised: z.boolean(),
  }),
  /** sip-dialin: the phone has put its call on hold, or taken it up again. */
  'participant:setHeld': z.object({ ...meeting, participantId: id, held: z.boolean() }),
  /** sip-dialin: how many participants the room has, to be told to a caller. */
  'participant:count': z.object(meeting),
  /** sip-dialin: how a phone's call is; about every 5 s. */
  'phone:quality': z.object({
    ...meeting,
    participantId: id,
    mos: z.number().min(1).max(5),
    loss: z.number().min(0).max(1),
    jitterMs: z.number().min(0),
    roundTripMs: z.number().min(0).nullable(),
  }),

  /** sip-dialin: by keys of a moderator, one of its own phones. Error `forbidden` for one that is none. */
  'room:toggleLock': z.object({ ...meeting, participantId: id }),
  /** Error `recording-off` where the meeting's policy leaves no choice. */
  'room:toggleRecording': z.object({ ...meeting, participantId: id }),
  /** Error `conflict` when nothing is recorded. */
  'room:togglePause': z.object({ ...meeting, participantId: id }),
  'room:muteAll': z.object({ ...meeting, participantId: id }),
  'room:admitAll': z.object({ ...meeting, participantId: id }),

  /** sip-dialin: how a call goes on that `call:place` asked for. `confirming`: answered, 1 not yet pressed. */
  'call:progress': z.object({
    callId: id,
    state: z.enum(['ringing', 'confirming', 'failed']),
    /** With `failed`. */
    reason: z.enum(CALL_FAILURES).optional(),
  }),
  /**
   * sip-dialin: one of its phones hands its call on (SIP REFER) to this number (E.164). Judged as a `call:create` of
   * that participant, whose errors it has; `call:place` with the `callId` follows.
   */
  'call:refer': z.object({
    ...meeting,
    participantId: id,
    number: z.string().regex(/^\+\d{5,15}$/),
  }),

  /** sip-dialin: what happened to calls, in order; `lost` are those that there was no room to keep before. */
  'call:event': z.object({
    events: z.array(callEventSchema).min(1).max(100),
    lost: z.int().nonnegative().optional(),
  }),

  /** recorder: the recording as it stands now; sent at the start, on every new or ended track, at the end. */
  'recording:report': z.object({ recording: recordingViewSchema }),
  /** recorder: what it counted, every 2 s; the answer is what was sent to it. Error `conflict`: the room is not open. */
  'recording:counts': recordingCountsSchema,
  /** recorder: becomes an alarm of that kind (docs/compliance.md). */
  'vault:alarm': vaultAlarmSchema,
} as const;

export type GatewayRequest = keyof typeof gatewayRequests;
export type GatewayPayload<K extends GatewayRequest> = z.infer<(typeof gatewayRequests)[K]>;

export interface OpenedRoom {
  transportId: string;
  /** Where the SFU listens for this gateway's RTP and RTCP. */
  ip: string;
  port: number;
  /** Opus, 48 kHz, both ways. */
  payloadType: number;
  /** RFC 8285 id of the RFC 6464 client-to-mixer audio level; one-byte header. */
  audioLevelExtensionId: number;
}

export interface GatewayResults {
  'room:open': OpenedRoom;
  'transport:connect': Record<string, never>;
  'room:release': Record<string, never>;
  /** With a meeting: straight into that one, without a PIN. */
  'did:resolve': {
    number: string;
    language: string;
    meetingId: string | null;
    /** Of that meeting; `none` without one. */
    entry: EntrySignal;
  };
  'pin:check': { meetingId: string; title: string; role: Role; entry: EntrySignal };
  'phone:join': {
    participantId: string;
    participant: ParticipantView;
    entry: EntrySignal;
    locked: boolean;
    recording: boolean;
    paused: boolean;
  };
  'phone:told': Record<string, never>;
  'phone:leave': Record<string, never>;
  'participant:setMuted': Record<string, never>;
  'participant:setHandRaised': Record<string, never>;
  'participant:setHeld': Record<string, never>;
  'participant:count': { participants: number };
  'phone:quality': Record<string, never>;
  'room:toggleLock': { locked: boolean };
  'room:toggleRecording': { recording: boolean };
  'room:togglePause': { recording: boolean; paused: boolean };
  'room:muteAll': Record<string, never>;
  'room:admitAll': { admitted: number };
  'call:progress': Record<string, never>;
  'call:refer': { callId: string };
  'call:event': Record<string, never>;
  'recording:report': Record<string, never>;
  'recording:counts': { sent: { consumerId: string; packets: number }[] };
  'vault:alarm': Record<string, never>;
}

export type GatewayClientToServer = {
  [K in GatewayRequest]: (payload: GatewayPayload<K>, ack: Ack<GatewayResults[K]>) => void;
};
