import type { RoomCommand } from '../gateway/MeetingRooms.ts';
import { agree } from './consenting.ts';
import type { DialInAction } from './conversation.ts';
import { cut, say, type InMeeting, type InMeetingStep } from './inMeeting.ts';
import type { PromptId } from './prompts.ts';

/** One step of `*1` and `*4`, and how far they go, in dB. */
export const VOLUME_STEP_DB = 3;
export const VOLUME_LIMIT_DB = 12;

/** After `*`, of moderators only. */
const COMMANDS = new Map<string, RoomCommand>([
  ['2', 'admitAll'],
  ['5', 'toggleRecording'],
  ['#', 'togglePause'],
  ['7', 'toggleLock'],
  ['8', 'muteAll'],
]);

/** A key in the meeting: what it does and what the caller hears of it. */
export function keyInMeeting(before: InMeeting, key: string): InMeetingStep {
  const state = { ...before, star: key === '*' };
  const command = COMMANDS.get(key);
  if (!before.star) {
    return key === '1' && state.consent === 'awaited' ? agree(state) : cut(state);
  }
  if (command) return moderate(state, command);
  switch (key) {
    case '6': {
      const muted = !state.muted;
      const step = say({ ...state, muted }, ...mutePrompts(state, muted));
      return after({ type: 'setMuted', muted }, step);
    }
    case '9': {
      const handRaised = !state.handRaised;
      const step = say({ ...state, handRaised }, handPrompt(handRaised));
      return after({ type: 'setHandRaised', handRaised }, step);
    }
    case '3': {
      const step = cut(state);
      return { state: step.state, actions: [...step.actions, { type: 'attendance' }] };
    }
    case '1':
      return changeVolume(state, VOLUME_STEP_DB);
    case '4':
      return changeVolume(state, -VOLUME_STEP_DB);
    case '0':
      return state.role === 'host' ? say(state, 'help', 'help-host') : say(state, 'help');
    default:
      return cut(state);
  }
}

/** Whoever has to agree first is not heard by unmuting, and told so. */
function mutePrompts({ consent, speaking }: InMeeting, muted: boolean): PromptId[] {
  if (muted) return ['muted'];
  const isAsked = consent !== 'awaited' || speaking.includes('consent-ask');
  return isAsked ? ['unmuted'] : ['unmuted', 'consent-ask'];
}

export function handPrompt(handRaised: boolean): PromptId {
  return handRaised ? 'hand-raised' : 'hand-lowered';
}

function moderate(state: InMeeting, command: RoomCommand): InMeetingStep {
  if (state.role !== 'host') return say(state, 'not-possible');
  const step = cut(state);
  return { state: step.state, actions: [...step.actions, { type: 'command', command }] };
}

function changeVolume(state: InMeeting, step: number): InMeetingStep {
  const wanted = state.volume + step;
  const db = Math.max(-VOLUME_LIMIT_DB, Math.min(VOLUME_LIMIT_DB, wanted));
  const heard = say({ ...state, volume: db }, volumePrompt(db));
  return db === state.volume ? heard : after({ type: 'setVolume', db }, heard);
}

function volumePrompt(db: number): PromptId | 'step' {
  if (Math.abs(db) < VOLUME_LIMIT_DB) return 'step';
  return db > 0 ? 'loudest' : 'quietest';
}

function after(action: DialInAction, step: InMeetingStep): InMeetingStep {
  return { state: step.state, actions: [action, ...step.actions] };
}
