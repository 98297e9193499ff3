import { greet, stepAsking, stepChecking } from './askingPin.ts';
import { invite, stepConfirming } from './confirming.ts';
import { stay, type DialInEvent, type DialInState, type DialInStep } from './conversation.ts';
import { hangUp, sayGoodbye, type Farewell } from './farewell.ts';
import { arrive, stepInMeeting } from './inMeeting.ts';
import { enter } from './joining.ts';
import { handPrompt } from './meetingKeys.ts';
import { stepNaming } from './naming.ts';
import { stepWaiting, waitInLobby } from './waiting.ts';

/** What ends a call whose caller is in the meeting, or on the way into it, and how that is told. */
const ENDINGS: Partial<Record<DialInEvent['type'], Farewell>> = {
  rateLimited: 'rate-limited',
  meetingEnded: 'meeting-ended',
  meetingLocked: 'meeting-locked',
  removed: 'removed',
  left: 'left',
  unreachable: 'unreachable',
  timeUp: 'time-over',
};

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
      if (event.type === 'invited') return invite(event.destination, event.callMe);
      if (event.type !== 'answered') return stay(state);
      return event.destination ? enter(event.destination) : greet();
    case 'asking':
      return stepAsking(state, event);
    case 'checking':
      return stepChecking(state, event);
    case 'confirming':
      return event.type === 'timeUp' ? hangUp('not-confirmed') : stepConfirming(state, event);
    case 'naming':
      return stepNaming(state, event);
    case 'joining':
    case 'waiting':
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

/** Muted meanwhile by a host, or before in the browser by the participant who comes here by "call me"; so it is with the hand. */
function arriveAs(
  { muted, handRaised, callMe }: Extract<DialInState, { name: 'joining' }>,
  event: Extract<DialInEvent, { type: 'joined' }>,
): DialInStep {
  const known = [...(muted ? ['muted' as const] : []), ...(handRaised ? [handPrompt(true)] : [])];
  const step = arrive(event, muted, known);
  return { ...step, state: { ...step.state, handRaised, callMe } };
}

function changedWhileJoining(
  state: Extract<DialInState, { name: 'joining' }>,
  event: DialInEvent,
): DialInStep {
  if (event.type === 'muted') return stay({ ...state, muted: event.muted });
  if (event.type === 'handRaised') return stay({ ...state, handRaised: event.handRaised });
  return stay(state);
}

type Inside = Extract<DialInState, { name: 'joining' | 'waiting' | 'joined' }>;

function stepInside(state: Inside, event: DialInEvent): DialInStep {
  const farewell = ENDINGS[event.type];
  if (farewell) return sayGoodbye(farewell, [{ type: 'leave' }]);
  // Also one who was in: the meeting has been opened anew, and its host is not back.
  if (event.type === 'waiting' && state.name !== 'waiting') {
    return waitInLobby({ volume: 0, ...state });
  }
  switch (state.name) {
    case 'joining':
      if (event.type === 'joined') return arriveAs(state, event);
      return changedWhileJoining(state, event);
    case 'waiting':
      return stepWaiting(state, event);
    case 'joined':
      return stepInMeeting(state, event);
  }
}
