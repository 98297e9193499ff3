import type { GatewayResults, ParticipantView, Role, Told } from '@switchroom/protocol';
import type { LegMedia, LegQuality } from '../media/PhoneMedia.ts';

/** What a call needs of the meeting server, in our words. `Gateway` is the real one. */
export interface MeetingRooms {
  /**
   * Where a call over this trunk to this number (E.164) leads: to the PIN prompt, or straight to one meeting.
   * Errors: `did-unknown`, `forbidden`, `meeting-ended`, `unavailable`.
   */
  resolveDid(query: { number: string; trunkId: string }): Promise<DialledDid>;

  /** The meeting behind a PIN. Errors: `pin-wrong`, `rate-limited`, `unavailable`. */
  checkPin(query: PinQuery): Promise<PinResult>;

  /** Brings a phone into a room; how that goes on is told by its `onEvent`, never before this returns. */
  enter(phone: Phone): Membership;
}

export interface PinQuery {
  callId: string;
  did: string;
  trunkId: string;
  pin: string;
  /** What wrong PINs are counted by. */
  caller: string;
  /** `caller` is only where the call came from: others' calls do, too. */
  anonymous?: boolean;
}

/** With the moderator's PIN, `role` is `host`. */
export type PinResult = Pick<GatewayResults['pin:check'], 'meetingId' | 'role' | 'entry'>;

/** With a meeting: straight into that one. Without: to the PIN prompt. */
export type DialledDid = Pick<GatewayResults['did:resolve'], 'language' | 'meetingId' | 'entry'>;

/** A phone that wants to be a participant. */
export interface Phone {
  meetingId: string;
  name: string;
  number: string;
  /** As the PIN said; `participant` without one. */
  role?: Role;
  /** Of a call of ours that was confirmed. */
  callId?: string;
  /** Its name as the caller said it (a WAV): the others hear it, where they do. */
  recordedName?: Uint8Array;
  media: Pick<LegMedia, 'id' | 'join' | 'leave'>;
  onEvent(event: MemberEvent): void;
}

/** What a phone in a room is to know of it, besides itself. */
export interface RoomNews {
  recording: boolean;
  paused: boolean;
  /** How many are in the lobby. */
  waiting: number;
}

export type MemberEvent =
  /** It is a participant: others see it and hear it, and it hears them. */
  | ({ type: 'joined'; role: Role; consent: ParticipantView['consent'] } & RoomNews)
  /** It is in the lobby: it hears nobody and nobody hears it. `joined` comes when it is let in. */
  | { type: 'waiting' }
  /**
   * Whether its caller has agreed to be recorded. From `awaited` on, which is told before its media is in the room, it
   * must not be heard.
   */
  | { type: 'consent'; consent: ParticipantView['consent'] }
  /** Somebody else muted or unmuted it, or raised or lowered its hand. */
  | { type: 'muted'; muted: boolean }
  | { type: 'handRaised'; handRaised: boolean }
  | { type: 'unmuteAsked' }
  /** Any of it is other than before. */
  | ({ type: 'roomChanged' } & RoomNews)
  /** It is out, and hears no more of this. `removed`: somebody put it out. */
  | { type: 'meetingEnded' }
  | { type: 'meetingLocked' }
  | { type: 'removed' }
  /** The one whose sound it carried has left by their own wish. */
  | { type: 'left' }
  | { type: 'rateLimited' }
  | { type: 'unreachable' };

/** What a moderator can do to the whole room. */
export type RoomCommand = 'toggleLock' | 'toggleRecording' | 'togglePause' | 'muteAll' | 'admitAll';

/** What came of it. */
export type RoomCommandDone =
  | { command: 'toggleLock'; locked: boolean }
  | { command: 'toggleRecording'; recording: boolean }
  | { command: 'togglePause'; recording: boolean; paused: boolean }
  | { command: 'muteAll' }
  | { command: 'admitAll'; admitted: number };

/** Who is in a room: how many, and those of the other phones here that have said their names. */
export interface Attendance {
  people: number;
  names: readonly Uint8Array[];
}

/** A phone's place in a room, from `enter` on. */
export interface Membership {
  /** Out of the room; no event comes after. Twice is silent, and so it is when already out. */
  leave(): void;

  /** By the caller's own wish, which is not told back as an event. Told anew when the server was away. */
  setMuted(muted: boolean): void;
  setHandRaised(handRaised: boolean): void;
  /** Its call is on hold, or not any more. Likewise. */
  setHeld(held: boolean): void;

  /** What the caller heard of the recording, or agreed to; told anew when the server was away. */
  tellConsent(told: Omit<Told, 'at'>): void;

  /** How the call is; nothing comes of it when the server is away. */
  tellQuality(quality: LegQuality): void;

  /** Errors: `unavailable`, `conflict`. */
  attendance(): Promise<Attendance>;

  /** Errors: `forbidden` for one that is no moderator, `recording-off`, `unavailable`, `conflict`. */
  command(command: RoomCommand): Promise<RoomCommandDone>;

  /** Asks for a call to this number (E.164), on whose way the caller is then. Errors as of `call:refer`. */
  refer(number: string): Promise<{ callId: string }>;
}
