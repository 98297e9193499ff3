import { z } from 'zod';
import type { AlarmKind } from './alarms.ts';
import type { Ack } from './errors.ts';
import {
  dtlsParametersSchema,
  rtpCapabilitiesSchema,
  rtpParametersSchema,
  type RtpParameters,
  type WebRtcTransportOptions,
} from './media.ts';
import {
  createCallSchema,
  phoneNumberSchema,
  type CallView,
  type DialIn,
  type ParticipantView,
} from './meeting.ts';
import type { ConsentPolicy } from './consent.ts';
import { languageTagSchema } from './languageTag.ts';
import { personNameSchema } from './shownText.ts';

/*
 * Browsers, on the socket.io namespace `/meet`. Handshake auth: `{ protocolVersion }`.
 * Requests always carry an ack; news is in the past tense.
 */

export const meetHandshakeSchema = z.object({ protocolVersion: z.int() });

const id = z.string().min(1).max(64);

export const meetRequests = {
  'room:join': z.object({
    /** The last part of the join link. */
    joinToken: z.string().min(1).max(128),
    name: personNameSchema,
    rtpCapabilities: rtpCapabilitiesSchema,
    /** Bearer token of a signed-in user: the meeting's owner joins as its host. */
    sessionToken: z.string().max(256).optional(),
    /** As the room told it: who lost the connection comes back past lobby and lock. */
    resumeToken: z.string().max(64).optional(),
    /**
     * A secret that this browser made and keeps: who was put out of the meeting is known again by it, and waits for a
     * host. It gives no right, and is kept as a hash, for each meeting another.
     */
    browserId: z.string().min(16).max(64).optional(),
  }),
  'transport:connect': z.object({ transportId: id, dtlsParameters: dtlsParametersSchema }),
  'transport:restartIce': z.object({ transportId: id }),
  'producer:create': z.object({
    transportId: id,
    kind: z.literal('audio'),
    rtpParameters: rtpParametersSchema,
    /** Born paused when true. */
    muted: z.boolean(),
  }),
  'participant:setMuted': z.object({ muted: z.boolean() }),
  'participant:setHandRaised': z.object({ handRaised: z.boolean() }),
  /**
   * Of oneself: that the words about the recording are on the screen, or that one has agreed to them. The words as they
   * are there, one of `RECORDING_WORDS`; any other are `bad-request`.
   */
  'recording:told': z.object({
    how: z.enum(['shown', 'button']),
    language: languageTagSchema,
    words: z.string().max(1000),
  }),

  /** Hosts only, from here on: `forbidden` for anybody else. Out of the lobby. */
  'participant:admit': z.object({ participantId: id }),
  'room:admitAll': z.object({}),
  'participant:remove': z.object({ participantId: id }),
  /** Anybody may rename themselves. */
  'participant:rename': z.object({ participantId: id, name: personNameSchema }),
  'participant:mute': z.object({ participantId: id }),
  /** Everybody but the hosts. */
  'room:muteAll': z.object({}),
  /** Nobody can be unmuted by somebody else: they are asked. */
  'participant:askUnmute': z.object({ participantId: id }),
  'participant:lowerHand': z.object({ participantId: id }),
  'room:setLocked': z.object({ locked: z.boolean() }),
  /** Calls a number. Errors `number-not-allowed`, `rate-limited`, `dial-out-unavailable`. */
  'call:create': createCallSchema,
  /** Hangs up, or takes a failed one from the list. One's own "call me" may be cancelled by anybody. */
  'call:cancel': z.object({ callId: id }),

  /**
   * Whom `mayCallMe` says: moves one's sound to one's phone. Errors as `call:create`; `forbidden`, `conflict` when it is
   * there already.
   */
  'call:me': z.object({ number: phoneNumberSchema }),
  /** One's sound comes back to the browser; the phone is hung up. */
  'call:back': z.object({}),

  'room:leave': z.object({}),
} as const;

export type MeetRequest = keyof typeof meetRequests;
export type MeetPayload<K extends MeetRequest> = z.infer<(typeof meetRequests)[K]>;

/** What is going on with a room's recording. */
export interface RecordingNews {
  recording: boolean;
  /** It runs, but nothing is written. */
  paused: boolean;
  consent: ConsentPolicy;
}

/** What a room is like when one comes in. */
export interface RoomState extends RecordingNews {
  /** Everybody in the room, the joiner included; to one in the lobby nobody else. Hosts see the lobby too. */
  participants: ParticipantView[];
  /** Those that hosts are making now; empty in the lobby. */
  calls: CallView[];
  locked: boolean;
  /** To hosts: the alarms of the meeting that last. */
  alarms?: AlarmKind[];
  /** A secret: come back by it after a lost connection. Null in the lobby. */
  resumeToken: string | null;
}

export interface JoinedRoom extends RoomState {
  participantId: string;
  meeting: {
    id: string;
    title: string;
    pin: string;
    dialIn: DialIn[];
    joinUrl: string;
    /** Whether one may have one's own phone called, as the dial-out policy has it now. */
    mayCallMe: boolean;
  };
  sendTransport: WebRtcTransportOptions;
  recvTransport: WebRtcTransportOptions;
}

export interface MeetResults {
  'room:join': JoinedRoom;
  'transport:connect': Record<string, never>;
  'transport:restartIce': { iceParameters: Record<string, unknown> };
  'producer:create': { producerId: string };
  'participant:setMuted': Record<string, never>;
  'participant:setHandRaised': Record<string, never>;
  'recording:told': Record<string, never>;
  'participant:admit': Record<string, never>;
  'room:admitAll': Record<string, never>;
  'participant:remove': Record<string, never>;
  'participant:rename': Record<string, never>;
  'participant:mute': Record<string, never>;
  'room:muteAll': Record<string, never>;
  'participant:askUnmute': Record<string, never>;
  'participant:lowerHand': Record<string, never>;
  'room:setLocked': Record<string, never>;
  'call:create': CallView;
  'call:cancel': Record<string, never>;
  'call:me': CallView;
  'call:back': Record<string, never>;
  'room:leave': Record<string, never>;
}

export type MeetClientToServer = {
  [K in MeetRequest]: (payload: MeetPayload<K>, ack: Ack<MeetResults[K]>) => void;
};

/** A stream to receive. The server resumes it once the browser acknowledged. */
export interface ConsumerCreated {
  consumerId: string;
  producerId: string;
  participantId: string;
  kind: 'audio';
  rtpParameters: RtpParameters;
}

/** Level of one participant who is speaking, in dBov: -127 (silence) to 0. */
export interface Speaker {
  participantId: string;
  level: number;
}

export type LeaveReason = 'left' | 'connection-lost' | 'removed' | 'meeting-ended' | 'media-failed';

export interface MeetServerToClient {
  'consumer:created': (news: ConsumerCreated, ack: Ack<Record<string, never>>) => void;
  'consumer:closed': (news: { consumerId: string }) => void;
  'participant:joined': (news: ParticipantView) => void;
  'participant:updated': (news: ParticipantView) => void;
  'participant:left': (news: { participantId: string; reason: LeaveReason }) => void;
  /** Who speaks now, loudest first; empty when nobody does. */
  'room:speakers': (news: { speakers: Speaker[] }) => void;
  'recording:changed': (news: RecordingNews) => void;
  'room:changed': (news: { locked: boolean }) => void;
  /** Hosts only: the alarms of the meeting that last. */
  'alarms:changed': (news: { alarms: AlarmKind[] }) => void;
  /** Let in from the lobby: what `room:join` would have said now. Make the producer from here on. */
  'room:admitted': (news: RoomState) => void;
  /** A host asks to unmute oneself. */
  'participant:unmuteAsked': (news: { by: string }) => void;
  /** Anything about a call; the last word on it is `joined`, or `failed`, or `call:gone`. */
  'call:changed': (news: CallView) => void;
  'call:gone': (news: { callId: string }) => void;
  /** The room is gone; the socket may be closed. */
  'room:closed': (news: { reason: LeaveReason }) => void;
}
