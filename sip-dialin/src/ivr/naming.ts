import {
  stay,
  type Destination,
  type DialInAction,
  type DialInEvent,
  type DialInStep,
  type Utterance,
} from './conversation.ts';
import { join } from './joining.ts';

/** The longest name, in ms. */
export const NAME_LIMIT_MS = 5_000;
/** A caller who heard the name and says nothing to it is content with it. */
export const NAME_REVIEW_MS = 5_000;
/** How often a name is said, at most. */
const NAME_TRIES = 3;

/** Roll-call: the caller says a name, hears it, and takes it or says it again. */
export interface Naming {
  name: 'naming';
  /** Being asked (until the tone has been heard), heard, or listening to oneself. */
  phase: 'asking' | 'recording' | 'reviewing';
  destination: Destination;
  /** Left after this one. */
  tries: number;
  /** Whether the caller has said nothing at the tone once already. */
  wasSilent: boolean;
  /** What was said last; empty before. */
  said: Uint8Array;
}

export function askName(destination: Destination): DialInStep {
  const tries = NAME_TRIES - 1;
  const said = new Uint8Array();
  return ask({ name: 'naming', phase: 'asking', destination, tries, wasSilent: false, said });
}

export function stepNaming(state: Naming, event: DialInEvent): DialInStep {
  switch (state.phase) {
    case 'asking':
      // Whoever knows the prompt goes straight to the tone.
      if (event.type === 'key' && event.key === '#') return play(state, ['record-tone']);
      return event.type === 'promptFinished' ? record(state) : stay(state);
    case 'recording':
      if (event.type === 'key') return { state, actions: [{ type: 'stop' }] };
      return event.type === 'recorded' ? stepRecorded(state, event.name) : stay(state);
    case 'reviewing':
      return stepReviewing(state, event);
  }
}

function stepRecorded(state: Naming, said: Uint8Array): DialInStep {
  if (said.length > 0) {
    const prompts = ['you-said', said, 'name-review'] as const;
    return play({ ...state, phase: 'reviewing', said }, prompts);
  }
  if (state.wasSilent) return goOn(state);
  return ask({ ...state, wasSilent: true }, ['name-not-heard']);
}

function stepReviewing(state: Naming, event: DialInEvent): DialInStep {
  switch (event.type) {
    case 'key':
      if (event.key === '1' || event.key === '#') return goOn(state, [{ type: 'stop' }]);
      if (event.key !== '2') return stay(state);
      if (state.tries === 0) return goOn(state, [{ type: 'stop' }]);
      return ask({ ...state, tries: state.tries - 1 });
    case 'promptFinished':
      return { state, actions: [{ type: 'startTimer', ms: NAME_REVIEW_MS }] };
    case 'timer':
      return goOn(state);
    default:
      return stay(state);
  }
}

function ask(state: Naming, before: readonly Utterance[] = []): DialInStep {
  return play({ ...state, phase: 'asking' }, [...before, 'say-name', 'record-tone']);
}

function play(state: Naming, prompts: readonly Utterance[]): DialInStep {
  return { state, actions: [{ type: 'stopTimer' }, { type: 'play', prompts }] };
}

function record(state: Naming): DialInStep {
  return {
    state: { ...state, phase: 'recording' },
    actions: [{ type: 'record', maxMs: NAME_LIMIT_MS }],
  };
}

/** With the name that was said last, if there is one. */
function goOn({ destination, said }: Naming, before: readonly DialInAction[] = []): DialInStep {
  const step = join(destination, said.length > 0 ? { name: said } : {});
  return { state: step.state, actions: [...before, { type: 'stopTimer' }, ...step.actions] };
}
