import { stay, type DialInEvent, type DialInStep } from './conversation.ts';
import { arrive, type InMeeting } from './inMeeting.ts';

/** Of music, until the caller is told again that this is the right place. */
export const WAITING_REMINDER_MS = 60_000;

/** What stays as it is while a caller who was in the meeting, or on the way into it, waits. */
type Kept = Pick<InMeeting, 'muted' | 'handRaised' | 'callMe' | 'volume'>;

/** In the lobby: the caller hears a word and then music, and nothing of the meeting. */
export interface Waiting {
  name: 'waiting';
  kept: Kept;
  /** Meanwhile, if it is muted; else the caller did that before. */
  mutedByHost: boolean;
  /** Whether the music has begun. */
  music: boolean;
}

const SAY_SO = [{ type: 'stopTimer' }, { type: 'play', prompts: ['lobby-wait'] }] as const;

export function waitInLobby({ muted, handRaised, callMe, volume }: Kept): DialInStep {
  return {
    state: {
      name: 'waiting',
      kept: { muted, handRaised, callMe, volume },
      mutedByHost: false,
      music: false,
    },
    actions: SAY_SO,
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
      return { state: { ...state, music: false }, actions: SAY_SO };
    case 'muted': {
      const kept = { ...state.kept, muted: event.muted };
      return stay({ ...state, kept, mutedByHost: event.muted });
    }
    case 'handRaised':
      return stay({ ...state, kept: { ...state.kept, handRaised: event.handRaised } });
    case 'joined': {
      const { kept, mutedByHost } = state;
      const muted = mutedByHost ? 'muted-by-host' : 'muted';
      const step = arrive(event, kept.muted, kept.muted ? ['admitted', muted] : ['admitted']);
      return {
        state: { ...step.state, ...kept },
        actions: [{ type: 'stopTimer' }, ...step.actions],
      };
    }
    default:
      return stay(state);
  }
}
