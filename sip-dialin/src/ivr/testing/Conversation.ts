import type {
  Destination,
  DialInAction,
  DialInEvent,
  DialInState,
  Utterance,
} from '../conversation.ts';
import { initialDialIn, stepDialIn } from '../dialIn.ts';

/** Of a caller without any privilege, to a meeting without any signal. For tests. */
export const destination: Destination = { meetingId: 'm1', role: 'participant', entry: 'none' };

/** The server let the caller in, and nothing is going on there. */
export const JOINED = {
  type: 'joined',
  role: 'participant',
  consent: 'none',
  recording: false,
  paused: false,
  waiting: 0,
} as const satisfies DialInEvent;

/** A caller's conversation: what each event led to. For tests. */
export class Conversation {
  state: DialInState = initialDialIn();

  /** One after the other; gives the actions of the last. */
  send(...events: DialInEvent[]): readonly DialInAction[] {
    let actions: readonly DialInAction[] = [];
    for (const event of events) {
      const step = stepDialIn(this.state, event);
      this.state = step.state;
      actions = step.actions;
    }
    return actions;
  }

  key(keys: string): readonly DialInAction[] {
    return this.send(...Array.from(keys, (key): DialInEvent => ({ type: 'key', key })));
  }
}

export const play = (...prompts: Utterance[]): DialInAction => ({ type: 'play', prompts });
