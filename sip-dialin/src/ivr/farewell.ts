import type { DialInAction, DialInStep } from './conversation.ts';
import type { PromptId } from './prompts.ts';

/** A goodbye that does not end by then is cut: no prompt is longer. */
export const GOODBYE_LIMIT_MS = 15_000;

const FAREWELLS = {
  'pin-wrong': ['pin-wrong', 'goodbye'],
  'rate-limited': ['too-many-tries', 'goodbye'],
  'no-input': ['goodbye'],
  unreachable: ['unreachable', 'goodbye'],
  'meeting-ended': ['meeting-ended', 'goodbye'],
  'meeting-locked': ['meeting-locked', 'goodbye'],
  removed: ['removed', 'goodbye'],
  left: ['goodbye'],
  'time-over': ['time-over', 'goodbye'],
  /** Nobody pressed 1: nothing is said, to a voicemail as likely as not. */
  'not-confirmed': [],
} as const satisfies Record<string, readonly PromptId[]>;

/** Why the conversation ended, when we ended it. */
export type Farewell = keyof typeof FAREWELLS;

export function sayGoodbye(farewell: Farewell, before: readonly DialInAction[] = []): DialInStep {
  return {
    state: { name: 'leaving', farewell },
    actions: [
      ...before,
      { type: 'play', prompts: FAREWELLS[farewell] },
      { type: 'startTimer', ms: GOODBYE_LIMIT_MS },
    ],
  };
}

export function hangUp(farewell: Farewell): DialInStep {
  return {
    state: { name: 'ended' },
    actions: [{ type: 'stopTimer' }, { type: 'hangup', farewell }],
  };
}
