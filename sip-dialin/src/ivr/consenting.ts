import type { ParticipantView, Told } from '@switchroom/protocol';
import type { DialInAction, Utterance } from './conversation.ts';
import { isNotice, tell, type InMeeting, type InMeetingStep } from './inMeeting.ts';
import type { PromptId } from './prompts.ts';

export type ConsentState = ParticipantView['consent'];

/** After the announcement, until it is said again: the first times, and from then on. */
export const CONSENT_SOON_MS = 6_000;
export const CONSENT_LATER_MS = 60_000;
/** How often it is said soon. */
const SOON = 3;
/**
 * Before so much of the question 1 is no answer to it, but a key pressed twice for what was asked before; as much again
 * for each prompt that stands before it. No longer: whoever calls daily knows the question by its first words.
 */
export const CONSENT_EARLIEST_MS = 500;
/** After 1 was pressed: the server has said that the caller is heard, or 1 is asked for again. */
const ANSWER_MS = 5_000;

/** What of a recording a caller has heard, by the prompt. */
const HEARD: Partial<Record<PromptId, Told['policy']>> = {
  'recording-on': 'notice',
  'consent-ask': 'required',
};

/** What the server made of the caller's consent. A `*` from before the question makes no command of the 1. */
export function consentChanged(before: InMeeting, consent: ConsentState): InMeetingStep {
  if (consent === before.consent) return { state: before, actions: [] };
  const state = { ...before, consent, asked: 0, answerable: false, star: false };
  if (consent === 'awaited') return tell(state, 'consent-ask');
  if (before.consent !== 'awaited') return { state, actions: [] };
  const thanks: Utterance[] = consent === 'given' ? ['consent-given'] : [];
  return withoutAsking(state, thanks, [{ type: 'stopTimer' }]);
}

/** Where the question is asked that nobody can have understood yet: how long until it is. */
export function untilAnswerable(state: InMeeting): DialInAction[] {
  const index = state.speaking.indexOf('consent-ask');
  if (index < 0 || state.answerable || state.consent !== 'awaited') return [];
  return [{ type: 'startTimer', ms: CONSENT_EARLIEST_MS * (index + 1) }];
}

/** 1 was pressed: the server is told, and says what comes of it. Too soon it means nothing. */
export function agree(state: InMeeting): InMeetingStep {
  if (!state.answerable) return { state, actions: [] };
  const agreed: DialInAction = { type: 'tellConsent', how: 'key', prompt: 'consent-ask' };
  return withoutAsking(state, [], [agreed, { type: 'startTimer', ms: ANSWER_MS }]);
}

/** Whoever has not agreed is asked again; whoever is being asked may answer now. */
export function askAgain(before: InMeeting): InMeetingStep {
  const answerable = before.answerable || before.speaking.includes('consent-ask');
  const state = { ...before, answerable };
  const isAsked = state.speaking.includes('consent-ask') || state.pending.includes('consent-ask');
  if (state.consent !== 'awaited' || isAsked) return { state, actions: [] };
  return tell({ ...state, star: false }, 'consent-ask');
}

/** What has been heard to its end is told; who was asked has time to answer. */
export function heard(state: InMeeting): { state: InMeeting; actions: DialInAction[] } {
  const actions = state.speaking.flatMap((each): DialInAction[] => {
    const policy = typeof each === 'string' ? HEARD[each as PromptId] : undefined;
    return policy ? [{ type: 'tellConsent', how: 'heard', prompt: each as PromptId }] : [];
  });
  if (!state.speaking.includes('consent-ask')) return { state, actions };
  const asked = state.asked + 1;
  const ms = asked < SOON ? CONSENT_SOON_MS : CONSENT_LATER_MS;
  return {
    state: { ...state, asked, answerable: true },
    actions: [...actions, { type: 'startTimer', ms }],
  };
}

/** The policy that a prompt's words go with. */
export function policyOf(prompt: PromptId): Told['policy'] {
  return HEARD[prompt] ?? 'notice';
}

/** Says these, and what of the notices that played is not the question. */
function withoutAsking(
  before: InMeeting,
  first: readonly Utterance[],
  actions: readonly DialInAction[],
): InMeetingStep {
  const isOther = (each: Utterance): boolean => each !== 'consent-ask';
  const pending = before.pending.filter(isOther);
  if (first.length === 0 && !before.speaking.includes('consent-ask')) {
    return { state: { ...before, pending }, actions };
  }
  const rest = [...first, ...before.speaking.filter((each) => isNotice(each) && isOther(each))];
  if (rest.length === 0 && pending.length === 0) {
    return { state: { ...before, speaking: [], pending }, actions: [{ type: 'stop' }, ...actions] };
  }
  const next = tell({ ...before, speaking: [], pending: [] }, ...rest, ...pending);
  return { state: next.state, actions: [...next.actions, ...actions] };
}
