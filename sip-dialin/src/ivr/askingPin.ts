import { stay, type DialInAction, type DialInEvent, type DialInStep } from './conversation.ts';
import { sayGoodbye } from './farewell.ts';
import { enter } from './joining.ts';
import { languageOfKey, type Language, type PromptId } from './prompts.ts';

/** Pause after the last key that submits the PIN without `#`. */
export const AFTER_KEY_MS = 4_000;
/** Silence of the caller after a prompt, until it is said again. */
export const NO_INPUT_MS = 10_000;
/** A first PIN and two more. */
const PIN_TRIES = 3;
/** How often the prompt is said again to a caller who keys nothing. */
const REPEATS = 2;
/** The longest PIN that the server takes; one key more is remembered, so that it is not cut to fit. */
const MAX_PIN = 16;

export interface Asking {
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

/** A PIN that is not looked up for so long is given up: the caller is told to come again. */
export const LONGEST_TURN_WAIT_MS = 120_000;

/** The server looks a PIN up, or has it wait for its turn. */
export interface Checking {
  name: 'checking';
  tries: number;
  repeats: number;
  pin: string;
  /** So far; while it waits the caller hears music. */
  waitedMs: number;
}

export function greet(): DialInStep {
  return ask({ greeting: true, tries: PIN_TRIES, repeats: REPEATS }, [
    'welcome',
    'choose-language',
  ]);
}

export function stepAsking(state: Asking, event: DialInEvent): DialInStep {
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
  const { tries, repeats, digits: pin } = state;
  if (pin.length > MAX_PIN) return wrong(state);
  return {
    state: { name: 'checking', tries, repeats, pin, waitedMs: 0 },
    actions: [{ type: 'stopTimer' }, { type: 'checkPin', pin }],
  };
}

export function stepChecking(state: Checking, event: DialInEvent): DialInStep {
  switch (event.type) {
    case 'pinAccepted': {
      const next = enter(event.destination);
      const music: DialInAction[] = state.waitedMs > 0 ? [{ type: 'stop' }] : [];
      return { state: next.state, actions: [...music, ...next.actions] };
    }
    case 'pinRejected':
      return wrong(state);
    case 'pinLater':
      return waitForTurn(state, event.ms);
    case 'timer':
      return { state, actions: [{ type: 'checkPin', pin: state.pin }] };
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

function waitForTurn(state: Checking, ms: number): DialInStep {
  const waitedMs = state.waitedMs + ms;
  if (waitedMs > LONGEST_TURN_WAIT_MS) return sayGoodbye('rate-limited');
  const music: DialInAction[] =
    state.waitedMs === 0 ? [{ type: 'play', prompts: ['waiting-music'], loop: true }] : [];
  return { state: { ...state, waitedMs }, actions: [...music, { type: 'startTimer', ms }] };
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
