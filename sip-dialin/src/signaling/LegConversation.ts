import { AppError } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { Membership, PinResult } from '../gateway/MeetingRooms.ts';
import type { DialInAction, DialInEvent, DialInState } from '../ivr/conversation.ts';
import { initialDialIn, stepDialIn } from '../ivr/dialIn.ts';
import { policyOf } from '../ivr/consenting.ts';
import type { Farewell } from '../ivr/farewell.ts';
import { promptWords, spokenLanguage } from '../ivr/prompts.ts';
import { pinRefused } from '../ivr/pinRefused.ts';
import type { LegMedia } from '../media/PhoneMedia.ts';
import { Announcer } from './Announcer.ts';

/** What a conversation cannot do by itself. */
export interface LegConversationHost {
  /** Where the phone is in a room, if it is. */
  readonly membership: Membership | undefined;
  /** After each step. */
  follow(state: DialInState): void;
  checkPin(pin: string): Promise<PinResult>;
  join(order: Extract<DialInAction, { type: 'join' }>): void;
  setMuted(muted: boolean): void;
  leave(): void;
  hangUp(farewell: Farewell): void;
}

export interface LegConversationOptions {
  media: LegMedia;
  /** RFC 5646. */
  language: string;
  host: LegConversationHost;
  logger: Logger;
}

/** The conversation with one caller, with sound and time: does what `stepDialIn` says. Owned by its PhoneLeg. */
export class LegConversation {
  readonly #media: LegMedia;
  readonly #announcer: Announcer;
  readonly #host: LegConversationHost;
  readonly #logger: Logger;
  #state: DialInState = initialDialIn();
  #timer: NodeJS.Timeout | undefined;

  constructor({ media, language, host, logger }: LegConversationOptions) {
    this.#media = media;
    this.#announcer = new Announcer(media, language, logger);
    this.#host = host;
    this.#logger = logger;
  }

  dispatch(event: DialInEvent): void {
    if (this.#state.name === 'ended') return;
    const { state, actions } = stepDialIn(this.#state, event);
    this.#state = state;
    for (const action of actions) this.#perform(action);
    // One of the actions may have led to another step by itself, which was followed.
    if (this.#state === state) this.#host.follow(state);
  }

  /** The call is over. Twice is silent. */
  close(): void {
    clearTimeout(this.#timer);
    this.#state = stepDialIn(this.#state, { type: 'hangup' }).state;
  }

  #perform(action: DialInAction): void {
    switch (action.type) {
      case 'play':
        return void this.#play(action);
      case 'stop':
        return this.#announcer.stop();
      case 'record':
        return void this.#record(action.maxMs);
      case 'startTimer':
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.dispatch({ type: 'timer' }), action.ms);
        return;
      case 'stopTimer':
        return clearTimeout(this.#timer);
      case 'setLanguage':
        this.#announcer.language = action.language;
        return;
      case 'setVolume':
        return this.#media.setVolume(action.db);
      case 'setMuted':
        this.#host.setMuted(action.muted);
        return this.#host.membership?.setMuted(action.muted);
      case 'tellConsent':
        return this.#tellConsent(action);
      case 'setHandRaised':
        return this.#host.membership?.setHandRaised(action.handRaised);
      case 'checkPin':
        return void this.#checkPin(action.pin);
      case 'join':
        return this.#host.join(action);
      case 'attendance':
      case 'command':
        return void this.#ask(action);
      case 'leave':
        return this.#host.leave();
      case 'hangup':
        return this.#host.hangUp(action.farewell);
    }
  }

  async #play({ prompts, loop }: Extract<DialInAction, { type: 'play' }>): Promise<void> {
    const isOver = await this.#announcer.play(prompts, { loop: loop === true });
    if (isOver) this.dispatch({ type: 'promptFinished' });
  }

  #tellConsent({ how, prompt }: Extract<DialInAction, { type: 'tellConsent' }>): void {
    const language = spokenLanguage(this.#announcer.language);
    const words = promptWords(prompt, language);
    this.#host.membership?.tellConsent({ how, policy: policyOf(prompt), language, words });
  }

  async #record(maxMs: number): Promise<void> {
    this.dispatch({ type: 'recorded', name: await this.#announcer.record(maxMs) });
  }

  async #checkPin(pin: string): Promise<void> {
    try {
      const destination = await this.#host.checkPin(pin);
      this.dispatch({ type: 'pinAccepted', destination });
    } catch (error) {
      const refused = pinRefused(error);
      this.#logger.info(refused, 'PIN not taken');
      this.dispatch(refused);
    }
  }

  async #ask(action: Extract<DialInAction, { type: 'attendance' | 'command' }>): Promise<void> {
    const { membership } = this.#host;
    try {
      if (!membership) throw new AppError('conflict', 'The phone is in no room.');
      if (action.type === 'attendance') {
        this.dispatch({ type: 'attended', ...(await membership.attendance()) });
      } else {
        this.dispatch({ type: 'commandDone', done: await membership.command(action.command) });
      }
    } catch (error) {
      this.#logger.info({ err: error, asked: action.type }, 'not possible');
      this.dispatch({ type: 'notPossible' });
    }
  }
}
