import type { LegMedia } from '../media/PhoneMedia.ts';

/** What a call needs of the meeting server, in our words. `Gateway` is the real one. */
export interface MeetingRooms {
  /**
   * Where a call over this trunk to this number (E.164) leads: to the PIN prompt, or straight to one meeting.
   * Errors: `did-unknown`, `forbidden`, `meeting-ended`, `unavailable`.
   */
  resolveDid(query: { number: string; trunkId: string }): Promise<DialledDid>;

  /** The meeting behind a PIN. Errors: `pin-wrong`, `rate-limited`, `unavailable`. */
  checkPin(query: PinQuery): Promise<{ meetingId: string }>;

  /** Brings a phone into a room; how that goes on is told by its `onEvent`, never before this returns. */
  enter(phone: Phone): Membership;
}

export interface PinQuery {
  did: string;
  trunkId: string;
  pin: string;
  caller: string;
}

export interface DialledDid {
  language: string;
  /** The one meeting that it leads to, or null: to the PIN prompt. */
  meetingId: string | null;
}

/** A phone that wants to be a participant. */
export interface Phone {
  meetingId: string;
  name: string;
  number: string;
  media: Pick<LegMedia, 'join'>;
  onEvent(event: MemberEvent): void;
}

export type MemberEvent =
  /** It is a participant: others see it and hear it, and it hears them. */
  | { type: 'joined' }
  /** Somebody else muted or unmuted it, or raised or lowered its hand. */
  | { type: 'muted'; muted: boolean }
  | { type: 'handRaised'; handRaised: boolean }
  /** It is out, and hears no more of this. `removed`: somebody put it out. */
  | { type: 'meetingEnded' }
  | { type: 'removed' }
  | { type: 'rateLimited' }
  | { type: 'unreachable' };

/** A phone's place in a room, from `enter` on. */
export interface Membership {
  /** Out of the room; no event comes after. Twice is silent, and so it is when already out. */
  leave(): void;

  /** By the caller's own wish, which is not told back as an event. Told anew when the server was away. */
  setMuted(muted: boolean): void;
  setHandRaised(handRaised: boolean): void;

  /** How many participants the room has, this one included. Errors: `unavailable`, `conflict`. */
  count(): Promise<number>;
}
