import type { Role } from '@switchroom/protocol';
import type { RoomCommandDone, RoomNews } from '../gateway/MeetingRooms.ts';
import {
  askAgain,
  consentChanged,
  heard,
  untilAnswerable,
  type ConsentState,
} from './consenting.ts';
import type { DialInAction, DialInEvent, Utterance } from './conversation.ts';
import { handPrompt, keyInMeeting } from './meetingKeys.ts';
import { spokenCount } from './spokenCount.ts';

/** A caller in the meeting: what the keys change, and what it hears of itself. */
export interface InMeeting extends RoomNews {
  name: 'joined';
  role: Role;
  muted: boolean;
  handRaised: boolean;
  /** Whether this phone is where a participant talks who has a browser, too, with a button to mute. */
  callMe: boolean;
  /** To being recorded; while it is awaited nobody hears the caller. */
  consent: ConsentState;
  /** How often the question has been heard. */
  asked: number;
  /** Whether enough of the question was heard for a 1 to be the answer to it. */
  answerable: boolean;
  /** Of the meeting, in dB. */
  volume: number;
  /** Whether the caller has the call on hold: nothing that is said is heard. */
  held: boolean;
  /** Whether the last key was `*`, so that the next one means something. */
  star: boolean;
  /** What plays; empty when nothing does. */
  speaking: readonly Utterance[];
  /** News to be told after that, or once the caller is back. */
  pending: readonly Utterance[];
}

export interface InMeetingStep {
  state: InMeeting;
  actions: readonly DialInAction[];
}

/** The caller is in, and hears `prompts` and what the others know already. */
export function arrive(
  { role, consent, recording, paused, waiting }: { role: Role; consent: ConsentState } & RoomNews,
  muted: boolean,
  prompts: readonly Utterance[] = [],
): InMeetingStep {
  const state: InMeeting = {
    name: 'joined',
    role,
    muted,
    handRaised: false,
    callMe: false,
    consent,
    asked: 0,
    answerable: false,
    recording,
    paused,
    waiting,
    volume: 0,
    held: false,
    star: false,
    speaking: [],
    pending: [],
  };
  const news: Utterance[] = [...prompts];
  if (consent === 'awaited') news.push('consent-ask');
  else if (recording) news.push('recording-on');
  if (recording && paused) news.push('recording-paused');
  if (role === 'host' && waiting > 0) news.push('somebody-waiting');
  return news.length > 0 ? tell(state, ...news) : { state, actions: [] };
}

/**
 * One step of the conversation within the meeting, as `stepDialIn()`. Only the caller hears what is
 * played, and not the others meanwhile: so prompts are short, and a key cuts them.
 */
export function stepInMeeting(state: InMeeting, event: DialInEvent): InMeetingStep {
  switch (event.type) {
    case 'key':
      return keyInMeeting(state, event.key);
    case 'promptFinished':
      return finished(state);
    case 'timer':
      return askAgain(state);
    case 'consent':
      return consentChanged(state, event.consent);
    case 'muted':
      if (event.muted === state.muted) return { state, actions: [] };
      return tell({ ...state, muted: event.muted }, mutedBy(state, event.muted));
    case 'handRaised':
      if (event.handRaised === state.handRaised) return { state, actions: [] };
      return tell({ ...state, handRaised: event.handRaised }, handPrompt(event.handRaised));
    case 'unmuteAsked':
      return state.muted ? tell(state, 'unmute-asked') : { state, actions: [] };
    case 'held':
      return heldChanged(state, event.held);
    case 'roomChanged':
      return roomChanged(state, event);
    case 'attended':
      return say(state, ...spokenCount(event.people), ...event.names);
    case 'commandDone':
      return commandDone(state, event.done);
    case 'notPossible':
      return say(state, 'not-possible');
    default:
      return { state, actions: [] };
  }
}

/** What was being said on hold was not heard: it waits with all that is to be said meanwhile, and begins anew. */
function heldChanged(before: InMeeting, held: boolean): InMeetingStep {
  if (held === before.held) return { state: before, actions: [] };
  const { speaking, pending } = before;
  const state = { ...before, held, speaking: [], pending: [] };
  if (!held) return tell(state, ...pending);
  return {
    state: { ...state, pending: [...speaking, ...pending] },
    actions: speaking.length > 0 ? [{ type: 'stop' }] : [],
  };
}

/** Of who has a browser it may have been the own wish there. */
function mutedBy({ callMe }: InMeeting, muted: boolean): Utterance {
  if (!muted) return 'unmuted';
  return callMe ? 'muted' : 'muted-by-host';
}

/** What was heard is told before what comes next is said. */
function finished(before: InMeeting): InMeetingStep {
  const { state, actions } = heard(before);
  const next = tell({ ...state, speaking: [], pending: [] }, ...state.pending);
  return { state: next.state, actions: [...actions, ...next.actions] };
}

function roomChanged(before: InMeeting, { recording, paused, waiting }: RoomNews): InMeetingStep {
  const state = { ...before, recording, paused, waiting };
  const news: Utterance[] = [];
  // Who is asked hears by the question that it is recorded.
  const isAsked = recording && before.consent === 'awaited';
  if (recording !== before.recording && !isAsked) {
    news.push(recording ? 'recording-on' : 'recording-off');
  }
  const wasPaused = before.recording && before.paused;
  if (recording && paused !== wasPaused) {
    news.push(paused ? 'recording-paused' : 'recording-resumed');
  }
  if (waiting > before.waiting && state.role === 'host') news.push('somebody-waiting');
  return tell(state, ...news);
}

function commandDone(state: InMeeting, done: RoomCommandDone): InMeetingStep {
  switch (done.command) {
    case 'toggleLock':
      return say(state, done.locked ? 'locked' : 'unlocked');
    case 'toggleRecording': {
      // The news of it, which everybody hears, may have come first.
      const { recording } = done;
      return roomChanged(state, { ...state, recording });
    }
    case 'togglePause': {
      const { recording, paused } = done;
      return roomChanged(state, { ...state, recording, paused });
    }
    case 'muteAll':
      return say(state, 'all-muted');
    case 'admitAll':
      return say(state, done.admitted > 0 ? 'let-in' : 'nobody-waiting');
  }
}

/** What the caller did not ask for: after what plays or a hold, and in the place of older news of the same. */
export function tell(state: InMeeting, ...news: Utterance[]): InMeetingStep {
  if (news.length === 0) return { state, actions: [] };
  if (state.speaking.length === 0 && !state.held) return play(state, news);
  const pending = [...withoutNewsOf(news, state.pending), ...news];
  return { state: { ...state, pending }, actions: [] };
}

/** Of each of these a caller last hears how it is. */
const NEWS_OF: readonly (readonly Utterance[])[] = [
  ['recording-on', 'recording-off'],
  ['recording-paused', 'recording-resumed'],
  ['muted', 'muted-by-host', 'unmuted'],
  ['hand-raised', 'hand-lowered'],
];

/** What is left of `older` once `newer` is told: nothing that it repeats or overtakes. */
function withoutNewsOf(newer: readonly Utterance[], older: readonly Utterance[]): Utterance[] {
  const overtaken = NEWS_OF.filter((same) => same.some((each) => newer.includes(each))).flat();
  return older.filter((each) => !newer.includes(each) && !overtaken.includes(each));
}

/** The answer to a key: at once. Only what everybody has a right to hear is said after it, if it was cut. */
export function say(state: InMeeting, ...answer: Utterance[]): InMeetingStep {
  if (state.held) return tell(state, ...answer);
  const pending = withoutNewsOf(answer, state.pending);
  return play({ ...state, pending }, [...answer, ...state.speaking.filter(isNotice)]);
}

const NOTICES: readonly Utterance[] = [
  ...['recording-on', 'recording-off', 'consent-ask'],
  ...['recording-paused', 'recording-resumed'],
] as const;

/** Whoever is recorded has to hear so: no key cuts that. */
export function isNotice(utterance: Utterance): boolean {
  return NOTICES.includes(utterance);
}

/** A key that means nothing, or the first of two, cuts what plays. */
export function cut(state: InMeeting): InMeetingStep {
  if (state.speaking.length === 0 || state.speaking.some(isNotice)) return { state, actions: [] };
  const next = { ...state, speaking: [], pending: [] };
  return state.pending.length > 0
    ? play(next, state.pending)
    : { state: next, actions: [{ type: 'stop' }] };
}

function play(before: InMeeting, prompts: readonly Utterance[]): InMeetingStep {
  const state = { ...before, speaking: prompts };
  return { state, actions: [{ type: 'play', prompts }, ...untilAnswerable(state)] };
}
