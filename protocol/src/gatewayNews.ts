import type { Consent, ConsentPolicy, PausedBy } from './consent.ts';
import type { Ack } from './errors.ts';
import type { LeaveReason } from './meet.ts';
import type { ParticipantKind, ParticipantView } from './meeting.ts';
import type { TrunkOutbound, TrunkSrtp } from './trunk.ts';

/** One participant's Opus on the gateway's transport. RTP starts once the gateway acknowledged. */
export interface GatewayConsumerCreated {
  meetingId: string;
  transportId: string;
  consumerId: string;
  participant: { id: string; name: string; kind: ParticipantKind };
  ssrc: number;
  payloadType: number;
}

export interface RecordingStart {
  recordingId: string;
  meetingId: string;
  title: string;
  /** age recipient (`age1…`) that everything on disk is encrypted to; several have commas between them. */
  recipient: string;
  /** Fingerprint of the key that the server signs exports with; the recording's manifest names it. */
  exportKey?: string;
  /** The meeting's policy; `notice` without it. */
  consent?: ConsentPolicy;
  /** What those who are there were told and agreed to before. */
  consents?: Consent[];
  /** It begins, or goes on, paused; null: it does not. Without it, one that goes on stays as it is. */
  pausedBy?: PausedBy | null;
}

/** A Trunk that is enabled, as sip-dialin judges calls by it. */
export interface GatewayTrunk {
  id: string;
  name: string;
  cidrs: string[];
  /** What checks a digest (RFC 7616 section 3.4.2): as secret as the password, for this user and realm. */
  digest: { username: string; realm: string; ha1: { md5: string; sha256: string } } | null;
  maxCalls: number;
  callsPerSecond: number;
  /** SRTP by SDES on its calls, both ways. */
  srtp: TrunkSrtp;
  /** Its calls must come over TLS with a certificate that `SIP_TLS_CA` signed. */
  clientCertificate: boolean;
  /** Null: takes no calls to the outside. As secret as its password. */
  outbound: TrunkOutbound | null;
}

/** A call to the outside. Trunks are tried by their `priority`. */
export interface CallPlace {
  callId: string;
  meetingId: string;
  /** E.164. */
  number: string;
  language: string;
  /** The longest that it may last once answered. */
  maxSeconds: number;
  /** It is a participant's own phone ("call me"): told so before it confirms. */
  callMe: boolean;
}

export interface TrunksChanged {
  /** All that are enabled, the oldest first. */
  trunks: GatewayTrunk[];
  /** The numbers (E.164) that lead to the PIN prompt. */
  numbers: string[];
}

export interface GatewayServerToClient {
  /** sip-dialin only. At once on connecting, and after every change; the whole of it each time. */
  'trunks:changed': (news: TrunksChanged) => void;

  'consumer:created': (news: GatewayConsumerCreated, ack: Ack<Record<string, never>>) => void;
  'consumer:closed': (news: { meetingId: string; consumerId: string }) => void;
  'participant:joined': (news: { meetingId: string; participant: ParticipantView }) => void;
  'participant:updated': (news: { meetingId: string; participant: ParticipantView }) => void;
  /** Also for the gateway's own phones, when somebody else removed them: say goodbye and hang up. */
  'participant:left': (news: {
    meetingId: string;
    participantId: string;
    reason: LeaveReason;
  }) => void;
  'room:closed': (news: { meetingId: string; reason: LeaveReason }) => void;
  /** sip-dialin only: whatever of this changed, all of it; `waiting` is how many are in the lobby. */
  'room:changed': (news: {
    meetingId: string;
    locked: boolean;
    recording: boolean;
    /** While paused, `recording` is true. */
    paused: boolean;
    waiting: number;
  }) => void;
  /**
   * sip-dialin only: whether anybody is in the room who came by another way than this gateway. Without them nobody gets
   * what its phones send to the SFU, and it need not be made. At first there are `others`.
   */
  'room:audience': (news: { meetingId: string; others: boolean }) => void;
  /** sip-dialin only: a host asks one of its phones to unmute. */
  'phone:unmuteAsked': (news: { meetingId: string; participantId: string }) => void;
  /** sip-dialin only, acknowledged at once: it calls, and tells how that goes by `call:progress` and `phone:join`. */
  'call:place': (request: CallPlace, ack: Ack<Record<string, never>>) => void;
  /** sip-dialin only: gives a call up, whatever its state; no `call:progress` comes after. Unknown ones are ignored. */
  'call:cancel': (news: { callId: string }) => void;
  /** recorder only. Acknowledged once the first file is open, so that a failure is known at once. */
  'recording:start': (request: RecordingStart, ack: Ack<Record<string, never>>) => void;
  /** recorder only. Acknowledged once nothing more is written, or everything again (`by` null). Twice is silent. */
  'recording:pause': (
    request: { recordingId: string; by: PausedBy | null },
    ack: Ack<Record<string, never>>,
  ) => void;
  /** recorder only: who was told of the recording, or agreed; what is known already may come again. */
  'recording:told': (news: { recordingId: string; consents: Consent[] }) => void;
  /** recorder only. Acknowledged when everything is on disk and sealed. */
  'recording:stop': (request: { recordingId: string }, ack: Ack<Record<string, never>>) => void;
}
