import { initialInMeeting, stepInMeeting, type InMeeting } from './inMeeting.ts';
import { languageOfKey, type Language, type PromptId } from './prompts.ts';

/*
 * The conversation with a caller, from the answer to the BYE, as a pure function: an event goes in,
 * the next state and what is to be done come out. It does no I/O and knows no clock: it asks for one
 * timer, and is told when that has run out.
 */

/** Pause after the last key that submits the PIN without `#`. */
export const AFTER_KEY_MS = 4_000;
/** Silence of the caller after a prompt, until it is said again. */
export const NO_INPUT_MS = 10_000;
/** A goodbye that does not end by then is cut: no prompt is longer. */
export const GOODBYE_LIMIT_MS = 15_000;
/** A first PIN and two more. */
const PIN_TRIES = 3;
/** How often the prompt is said again to a caller who keys nothing. */
const REPEATS = 2;
/** The longest PIN that the server takes; one key more is remembered, so that it is not cut to fit. */
const MAX_PIN = 16;

/** Why the conversation ended, when we ended it. */
export type Farewell =
  'pin-wrong' | 'rate-limited' | 'no-input' | 'unreachable' | 'meeting-ended' | 'removed';

export type DialInState =
  | { name: 'idle' }
  | {
      name: 'asking';
      /** Whether a key was pressed already; until then the caller is being greeted. */
      greeting: boolean;
      digits: string;
      /** The first key since the prompt: after `*`, the next one may choose a language. */
      first: 'none' | 'star' | 'other';
      tries: number;
      repeats: number;
      playing: boolean;
    }
  | { name: 'checking'; tries: number; repeats: number }
  | { name: 'joining'; meetingId: string; muted: boolean }
  | InMeeting
  | { name: 'leaving'; farewell: Farewell }
  | { name: 'ended' };

export type DialInEvent =
  /** With a meeting: the number leads straight to it, without a PIN. */
  | { type: 'answered'; meetingId?: string | null }
  /** `0`-`9`, `*`, `#`, `A`-`D`. */
  | { type: 'key'; key: string }
  /** What was played last has been heard to its end. */
  | { type: 'promptFinished' }
  | { type: 'pinAccepted'; meetingId: string }
  | { type: 'pinRejected' }
  | { type: 'rateLimited' }
  /** The server cannot be reached, or could not do it. */
  | { type: 'unreachable' }
  | { type: 'joined' }
  /** The server muted the phone, or unmuted it. */
  | { type: 'muted'; muted: boolean }
  | { type: 'handRaised'; handRaised: boolean }
  /** The answer to `count`; the caller is counted too. */
  | { type: 'counted'; people: number }
  | { type: 'notCounted' }
  | { type: 'timer' }
  | { type: 'meetingEnded' }
  | { type: 'removed' }
  | { type: 'hangup' };

export type DialInAction =
  /** Instead of what plays now. */
  | { type: 'play'; prompts: readonly PromptId[] }
  | { type: 'stop' }
  /** Instead of the timer that runs. */
  | { type: 'startTimer'; ms: number }
  | { type: 'stopTimer' }
  /** What is played from now on is in this language. */
  | { type: 'setLanguage'; language: Language }
  | { type: 'checkPin'; pin: string }
  | { type: 'join'; meetingId: string }
  | { type: 'setMuted'; muted: boolean }
  | { type: 'setHandRaised'; handRaised: boolean }
  /** How many people are in the meeting? */
  | { type: 'count' }
  /** Out of the room, if in it; the call stays up for the goodbye. */
  | { type: 'leave' }
  | { type: 'hangup'; farewell: Farewell };

export interface DialInStep {
  state: DialInState;
  actions: readonly DialInAction[];
}

const FAREWELLS: Record<Farewell, readonly PromptId[]> = {
  'pin-wrong': ['pin-wrong', 'goodbye'],
  'rate-limited': ['too-many-tries', 'goodbye'],
  'no-input': ['goodbye'],
  unreachable: ['unreachable', 'goodbye'],
  'meeting-ended': ['meeting-ended', 'goodbye'],
  removed: ['removed', 'goodbye'],
};

type Asking = Extract<DialInState, { name: 'asking' }>;

export function initialDialIn(): DialInState {
  return { name: 'idle' };
}

/** One step of the conversation. An event that means nothing in a state changes nothing. */
export function stepDialIn(state: DialInState, event: DialInEvent): DialInStep {
  if (event.type === 'hangup') {
    return {
      state: { name: 'ended' },
      actions: state.name === 'ended' ? [] : [{ type: 'stopTimer' }],
    };
  }
  switch (state.name) {
    case 'idle':
      if (event.type !== 'answered') return stay(state);
      return typeof event.meetingId === 'string'
        ? join(event.meetingId)
        : ask({ greeting: true, tries: PIN_TRIES, repeats: REPEATS }, [
            'welcome',
            'choose-language',
          ]);
    case 'asking':
      return stepAsking(state, event);
    case 'checking':
      return stepChecking(state, event);
    case 'joining':
    case 'joined':
      return stepInside(state, event);
    case 'leaving':
      return event.type === 'promptFinished' || event.type === 'timer'
        ? hangUp(state.farewell)
        : stay(state);
    case 'ended':
      return stay(state);
  }
}

function stepAsking(state: Asking, event: DialInEvent): DialInStep {
  switch (event.type) {
    case 'key':
      return stepKey({ ...state, greeting: false, playing: false }, event.key, state.playing);
    case 'promptFinished':
      return {
        state: { ...state, playing: false },
        actions: state.playing ? [{ type: 'startTimer', ms: NO_INPUT_MS }] : [],
      };
    case 'timer':
      if (state.digits !== '') return submit(state);
      if (state.repeats === 0) return sayGoodbye('no-input');
      return ask({ ...state, repeats: state.repeats - 1 }, ['enter-pin']);
    case 'unreachable':
      return sayGoodbye('unreachable');
    default:
      return stay(state);
  }
}

/** A key stops the prompt and counts: nobody has to listen to the end. */
function stepKey(state: Asking, key: string, wasPlaying: boolean): DialInStep {
  const stop: DialInAction[] = wasPlaying ? [{ type: 'stop' }] : [];
  const language = state.first === 'star' ? languageOfKey(key) : undefined;
  if (language) return speak(state, language);
  if (key === '#' && state.digits !== '') {
    const next = submit(state);
    return { state: next.state, actions: [...stop, ...next.actions] };
  }
  const digits = digitsAfter(state.digits, key);
  const ms = digits === '' ? NO_INPUT_MS : AFTER_KEY_MS;
  const first = state.first === 'none' && key === '*' ? 'star' : 'other';
  return { state: { ...state, digits, first }, actions: [...stop, { type: 'startTimer', ms }] };
}

/** Only `*` as the first key chooses a language: after digits it clears, and a PIN may follow. */
function speak(state: Asking, language: Language): DialInStep {
  const next = ask(state, ['enter-pin']);
  return { state: next.state, actions: [{ type: 'setLanguage', language }, ...next.actions] };
}

function digitsAfter(digits: string, key: string): string {
  if (key === '*') return '';
  return /^\d$/.test(key) ? (digits + key).slice(0, MAX_PIN + 1) : digits;
}

function submit(state: Asking): DialInStep {
  const { tries, repeats } = state;
  const checking: DialInState = { name: 'checking', tries, repeats };
  if (state.digits.length > MAX_PIN) return wrong(checking);
  return {
    state: checking,
    actions: [{ type: 'stopTimer' }, { type: 'checkPin', pin: state.digits }],
  };
}

function stepChecking(
  state: Extract<DialInState, { name: 'checking' }>,
  event: DialInEvent,
): DialInStep {
  switch (event.type) {
    case 'pinAccepted':
      // At once: a prompt here would only keep the caller from the meeting.
      return join(event.meetingId);
    case 'pinRejected':
      return wrong(state);
    case 'rateLimited':
      return sayGoodbye('rate-limited');
    case 'meetingEnded':
      return sayGoodbye('meeting-ended');
    case 'unreachable':
      return sayGoodbye('unreachable');
    default:
      return stay(state);
  }
}

function stepInside(
  state: Extract<DialInState, { name: 'joining' | 'joined' }>,
  event: DialInEvent,
): DialInStep {
  switch (event.type) {
    case 'rateLimited':
      return sayGoodbye('rate-limited', [{ type: 'leave' }]);
    case 'meetingEnded':
      return sayGoodbye('meeting-ended', [{ type: 'leave' }]);
    case 'removed':
      return sayGoodbye('removed', [{ type: 'leave' }]);
    case 'unreachable':
      return sayGoodbye('unreachable', [{ type: 'leave' }]);
    default:
      return state.name === 'joined' ? stepInMeeting(state, event) : stepJoining(state, event);
  }
}

function stepJoining(
  state: Extract<DialInState, { name: 'joining' }>,
  event: DialInEvent,
): DialInStep {
  const { meetingId, muted } = state;
  if (event.type === 'joined') return { state: initialInMeeting(meetingId, muted), actions: [] };
  return stay(event.type === 'muted' ? { ...state, muted: event.muted } : state);
}

function join(meetingId: string): DialInStep {
  return {
    state: { name: 'joining', meetingId, muted: false },
    actions: [{ type: 'join', meetingId }],
  };
}

function wrong(state: { tries: number; repeats: number }): DialInStep {
  const tries = state.tries - 1;
  if (tries === 0) return sayGoodbye('pin-wrong');
  return ask({ greeting: false, tries, repeats: REPEATS }, ['pin-wrong', 'enter-pin']);
}

function ask(
  left: Pick<Asking, 'greeting' | 'tries' | 'repeats'>,
  prompts: readonly PromptId[],
): DialInStep {
  const { greeting, tries, repeats } = left;
  return {
    state: { name: 'asking', greeting, tries, repeats, digits: '', first: 'none', playing: true },
    actions: [{ type: 'stopTimer' }, { type: 'play', prompts }],
  };
}

function sayGoodbye(farewell: Farewell, before: readonly DialInAction[] = []): DialInStep {
  return {
    state: { name: 'leaving', farewell },
    actions: [
      ...before,
      { type: 'play', prompts: FAREWELLS[farewell] },
      { type: 'startTimer', ms: GOODBYE_LIMIT_MS },
    ],
  };
}

function hangUp(farewell: Farewell): DialInStep {
  return {
    state: { name: 'ended' },
    actions: [{ type: 'stopTimer' }, { type: 'hangup', farewell }],
  };
}

function stay(state: DialInState): DialInStep {
  return { state, actions: [] };
}
