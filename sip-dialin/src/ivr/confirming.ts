import { stay, type Destination, type DialInEvent, type DialInStep } from './conversation.ts';
import { hangUp } from './farewell.ts';
import { join } from './joining.ts';

/** Silence after the invitation, until it is said again. */
export const CONFIRM_MS = 2_500;
/** How often the invitation is said; then whoever answered is taken for a voicemail. */
const INVITATIONS = 3;

/** A call of ours was answered, by somebody or something: only who presses 1 comes in. */
export interface Confirming {
  name: 'confirming';
  destination: Destination;
  callMe: boolean;
  /** Invitations left after this one. */
  repeats: number;
}

export function invite(destination: Destination, callMe: boolean): DialInStep {
  return ask({ name: 'confirming', destination, callMe, repeats: INVITATIONS - 1 });
}

export function stepConfirming(state: Confirming, event: DialInEvent): DialInStep {
  switch (event.type) {
    case 'key': {
      if (event.key !== '1') return stay(state);
      // No roll-call: whoever called knows whom.
      const step = join(state.destination, { callMe: state.callMe });
      return {
        state: step.state,
        actions: [{ type: 'stop' }, { type: 'stopTimer' }, ...step.actions],
      };
    }
    case 'promptFinished':
      return { state, actions: [{ type: 'startTimer', ms: CONFIRM_MS }] };
    case 'timer':
      if (state.repeats === 0) return hangUp('not-confirmed');
      return ask({ ...state, repeats: state.repeats - 1 });
    default:
      return stay(state);
  }
}

function ask(state: Confirming): DialInStep {
  const prompts = [state.callMe ? 'invited-call-me' : 'invited'] as const;
  return { state, actions: [{ type: 'stopTimer' }, { type: 'play', prompts }] };
}
