import type { EntrySignal, Role, Told } from '@switchroom/protocol';
import type {
  Attendance,
  RoomCommand,
  RoomCommandDone,
  RoomNews,
} from '../gateway/MeetingRooms.ts';
import type { Asking, Checking } from './askingPin.ts';
import type { ConsentState } from './consenting.ts';
import type { Confirming } from './confirming.ts';
import type { Farewell } from './farewell.ts';
import type { InMeeting } from './inMeeting.ts';
import type { Naming } from './naming.ts';
import type { Language, PromptId } from './prompts.ts';
import type { SoundId } from './sounds.ts';
import type { Waiting } from './waiting.ts';

/*
 * The conversation with a caller, from the answer to the BYE, as a pure function: an event goes in,
 * the next state and what is to be done come out. It does no I/O and knows no clock: it asks for one
 * timer, and is told when that has run out. `dialIn.ts` has the steps.
 */

/** Something to be played: a prompt in the caller's language, a sound, or a WAV such as a recorded name. */
export type Utterance = PromptId | SoundId | Uint8Array;

/** Where a caller is let in to. */
export interface Destination {
  meetingId: string;
  role: Role;
  entry: EntrySignal;
}

export type DialInState =
  | { name: 'idle' }
  | Asking
  | Checking
  | Confirming
  | Naming
  | { name: 'joining'; muted: boolean; handRaised: boolean; callMe: boolean }
  | Waiting
  | InMeeting
  | { name: 'leaving'; farewell: Farewell }
  | { name: 'ended' };

export type DialInEvent =
  /** A call that came in. With a destination: the number leads straight to it, without a PIN. */
  | { type: 'answered'; destination?: Destination }
  /** A call of ours. `callMe`: of somebody who is in the meeting by a browser. */
  | { type: 'invited'; destination: Destination; callMe: boolean }
  /** `0`-`9`, `*`, `#`, `A`-`D`. */
  | { type: 'key'; key: string }
  /** What was played last has been heard to its end. */
  | { type: 'promptFinished' }
  | { type: 'pinAccepted'; destination: Destination }
  | { type: 'pinRejected' }
  /** It was not looked up, and can be after so long. */
  | { type: 'pinLater'; ms: number }
  /** What `record` has brought, as a WAV; empty when nothing was said. */
  | { type: 'recorded'; name: Uint8Array }
  | { type: 'rateLimited' }
  /** The server cannot be reached, or could not do it. */
  | { type: 'unreachable' }
  | ({ type: 'joined'; role: Role; consent: ConsentState } & RoomNews)
  /** In the lobby. */
  | { type: 'waiting' }
  /** Whether the caller has agreed to be recorded, as the server sees it. */
  | { type: 'consent'; consent: ConsentState }
  /** The server muted the phone, or unmuted it. */
  | { type: 'muted'; muted: boolean }
  | { type: 'handRaised'; handRaised: boolean }
  | { type: 'unmuteAsked' }
  /** The caller has put the call on hold and hears nothing, or is back; also told right after `joined`. */
  | { type: 'held'; held: boolean }
  | ({ type: 'roomChanged' } & RoomNews)
  /** The answer to `attendance`; the caller is counted too. */
  | ({ type: 'attended' } & Attendance)
  /** The answer to `command`. */
  | { type: 'commandDone'; done: RoomCommandDone }
  /** To either of them. */
  | { type: 'notPossible' }
  | { type: 'timer' }
  | { type: 'meetingEnded' }
  | { type: 'meetingLocked' }
  | { type: 'removed' }
  /** In the browser, by the one whose phone this is. */
  | { type: 'left' }
  /** The call has lasted as long as it may. */
  | { type: 'timeUp' }
  | { type: 'hangup' };

export type DialInAction =
  /** Instead of what plays now; with `loop`, over and over. */
  | { type: 'play'; prompts: readonly Utterance[]; loop?: true }
  /** What plays, or is recorded. */
  | { type: 'stop' }
  | { type: 'record'; maxMs: number }
  /** Instead of the timer that runs. */
  | { type: 'startTimer'; ms: number }
  | { type: 'stopTimer' }
  /** What is played from now on is in this language. */
  | { type: 'setLanguage'; language: Language }
  | { type: 'checkPin'; pin: string }
  /** With the name that the caller has said. */
  | { type: 'join'; meetingId: string; role: Role; name?: Uint8Array }
  | { type: 'setMuted'; muted: boolean }
  | { type: 'setHandRaised'; handRaised: boolean }
  /** The caller has heard this prompt to its end, or agreed to it. */
  | { type: 'tellConsent'; how: Extract<Told['how'], 'heard' | 'key'>; prompt: PromptId }
  /** How loud the meeting is to the caller, in dB. */
  | { type: 'setVolume'; db: number }
  /** Who is in the meeting? */
  | { type: 'attendance' }
  | { type: 'command'; command: RoomCommand }
  /** Out of the room, if in it; the call stays up for the goodbye. */
  | { type: 'leave' }
  | { type: 'hangup'; farewell: Farewell };

export interface DialInStep {
  state: DialInState;
  actions: readonly DialInAction[];
}

/** The event means nothing in this state. */
export function stay(state: DialInState): DialInStep {
  return { state, actions: [] };
}
