import { stay, type DialInEvent, type DialInStep } from './conversation.ts';
import { arrive } from './inMeeting.ts';

/** Of music, until the caller is told again that this is the right place. */
export const WAITING_REMINDER_MS = 60_000;

/** In the lobby: the caller hears a word and then music, and nothing of the meeting. */
export interface Waiting {
  name: 'waiting';
  muted: boolean;
  /** Whether the music has begun. */
  music: boolean;
}

export function waitInLobby(muted: boolean): DialInStep {
  return {
    state: { name: 'waiting', muted, music: false },
    actions: [{ type: 'stopTimer' }, { type: 'play', prompts: ['lobby-wait'] }],
  };
}

export function stepWaiting(state: Waiting, event: DialInEvent): DialInStep {
  switch (event.type) {
    case 'promptFinished':
      // It ends by itself only where it cannot be played: then it is not tried over and over.
      if (state.music) return stay(state);
      return {
        state: { ...state, music: true },
        actions: [
          { type: 'play', prompts: ['waiting-music'], loop: true },
          { type: 'startTimer', ms: WAITING_REMINDER_MS },
        ],
      };
    case 'timer':
      return waitInLobby(state.muted);
    case 'muted':
      return stay({ ...state, muted: event.muted });
    case 'joined': {
      const byHost = state.muted ? (['muted-by-host'] as const) : [];
      const step = arrive(event, state.muted, ['admitted', ...byHost]);
      return { state: step.state, actions: [{ type: 'stopTimer' }, ...step.actions] };
    }
    default:
      return stay(state);
  }
}
