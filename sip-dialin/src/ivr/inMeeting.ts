import type { DialInAction, DialInEvent } from './dialIn.ts';
import type { PromptId } from './prompts.ts';
import { spokenCount } from './spokenCount.ts';

/** A caller in the meeting: what the keys change, and what it hears of itself. */
export interface InMeeting {
  name: 'joined';
  meetingId: string;
  muted: boolean;
  handRaised: boolean;
  /** Whether the last key was `*`, so that the next one means something. */
  star: boolean;
  playing: boolean;
}

export interface InMeetingStep {
  state: InMeeting;
  actions: readonly DialInAction[];
}

export function initialInMeeting(meetingId: string, muted: boolean): InMeeting {
  return { name: 'joined', meetingId, muted, handRaised: false, star: false, playing: false };
}

/**
 * One step of the conversation within the meeting, as `stepDialIn()`. Only the caller hears what is
 * played, and is out of the mix meanwhile: so prompts are short, and any key cuts them.
 */
export function stepInMeeting(state: InMeeting, event: DialInEvent): InMeetingStep {
  switch (event.type) {
    case 'key':
      return stepKey(state, event.key);
    case 'promptFinished':
      return { state: { ...state, playing: false }, actions: [] };
    case 'muted':
      if (event.muted === state.muted) return { state, actions: [] };
      return say({ ...state, muted: event.muted }, event.muted ? 'muted-by-host' : 'unmuted');
    case 'handRaised':
      if (event.handRaised === state.handRaised) return { state, actions: [] };
      return say({ ...state, handRaised: event.handRaised }, handPrompt(event.handRaised));
    case 'counted':
      return say(state, ...spokenCount(event.people));
    case 'notCounted':
      return say(state, 'not-possible');
    default:
      return { state, actions: [] };
  }
}

function stepKey(before: InMeeting, key: string): InMeetingStep {
  const state = { ...before, star: key === '*', playing: false };
  const stop: DialInAction[] = before.playing ? [{ type: 'stop' }] : [];
  switch (before.star ? key : '') {
    case '6': {
      const muted = !state.muted;
      const step = say({ ...state, muted }, muted ? 'muted' : 'unmuted');
      return { state: step.state, actions: [{ type: 'setMuted', muted }, ...step.actions] };
    }
    case '9': {
      const handRaised = !state.handRaised;
      const step = say({ ...state, handRaised }, handPrompt(handRaised));
      return {
        state: step.state,
        actions: [{ type: 'setHandRaised', handRaised }, ...step.actions],
      };
    }
    case '3':
      return { state, actions: [...stop, { type: 'count' }] };
    case '0':
      return say(state, 'help');
    default:
      return { state, actions: stop };
  }
}

function handPrompt(handRaised: boolean): PromptId {
  return handRaised ? 'hand-raised' : 'hand-lowered';
}

function say(state: InMeeting, ...prompts: PromptId[]): InMeetingStep {
  return { state: { ...state, playing: true }, actions: [{ type: 'play', prompts }] };
}
