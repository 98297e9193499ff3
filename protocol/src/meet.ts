import { z } from 'zod';
import type { Ack } from './errors.ts';
import {
  dtlsParametersSchema,
  rtpCapabilitiesSchema,
  rtpParametersSchema,
  type RtpParameters,
  type WebRtcTransportOptions,
} from './media.ts';
import type { DialIn, ParticipantView } from './meeting.ts';

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
    name: z.string().trim().min(1).max(60),
    rtpCapabilities: rtpCapabilitiesSchema,
    /** Bearer token of a signed-in user: the meeting's owner joins as its host. */
    sessionToken: z.string().max(256).optional(),
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
  'room:leave': z.object({}),
} as const;

export type MeetRequest = keyof typeof meetRequests;
export type MeetPayload<K extends MeetRequest> = z.infer<(typeof meetRequests)[K]>;

export interface JoinedRoom {
  participantId: string;
  meeting: { id: string; title: string; pin: string; dialIn: DialIn[]; joinUrl: string };
  /** Everybody in the room, the joiner included. */
  participants: ParticipantView[];
  sendTransport: WebRtcTransportOptions;
  recvTransport: WebRtcTransportOptions;
  recording: boolean;
}

export interface MeetResults {
  'room:join': JoinedRoom;
  'transport:connect': Record<string, never>;
  'transport:restartIce': { iceParameters: Record<string, unknown> };
  'producer:create': { producerId: string };
  'participant:setMuted': Record<string, never>;
  'participant:setHandRaised': Record<string, never>;
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
  'recording:changed': (news: { recording: boolean }) => void;
  /** The room is gone; the socket may be closed. */
  'room:closed': (news: { reason: LeaveReason }) => void;
}
