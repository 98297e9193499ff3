import { EventEmitter } from 'node:events';
import { AppError, maskNumber } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { MeetingRooms, MemberEvent, Membership } from '../gateway/MeetingRooms.ts';
import {
  initialDialIn,
  stepDialIn,
  type DialInAction,
  type DialInEvent,
  type DialInState,
} from '../ivr/dialIn.ts';
import { pinRefused } from '../ivr/pinRefused.ts';
import type { PromptId } from '../ivr/prompts.ts';
import type { LegEvent, LegMedia, PhoneMedia } from '../media/PhoneMedia.ts';
import { Announcer } from './Announcer.ts';
import { callEnd, type CallEnd } from './callEnd.ts';
import type { CallEvent } from './Call.ts';
import type { InboundCall } from './InboundCall.ts';
import type { PhoneLegState } from './phoneLegState.ts';
import { isHold } from './sdp.ts';

/** A call without any media of the caller for so long is over, unless it is on hold. */
export const MEDIA_LOST_LIMIT_MS = 30_000;

export interface PhoneLegOptions {
  id: string;
  call: InboundCall;
  /** What was dialled, in E.164. */
  did: string;
  trunkId: string;
  media: Pick<PhoneMedia, 'createLeg'>;
  rooms: MeetingRooms;
  logger: Logger;
}

interface PhoneLegEvents {
  statechange: [old: PhoneLegState, next: PhoneLegState];
  ended: [end: CallEnd];
}

/**
 * One call, from the INVITE to the BYE: does what the dial-in conversation says, with the call's SIP, its media and the
 * meeting server. It becomes a Participant when the server lets it in, and stays this leg. Owned by the
 * Switchboard, from which it goes on `ended`.
 */
export class PhoneLeg extends EventEmitter<PhoneLegEvents> {
  readonly id: string;
  readonly #options: PhoneLegOptions;
  readonly #logger: Logger;
  #state: PhoneLegState = { name: 'ringing' };
  #conversation: DialInState = initialDialIn();
  #media: LegMedia | undefined;
  /** Where the DID leads without a PIN. */
  #meetingId: string | null = null;
  #announcer: Announcer | undefined;
  /** The conversation's timer. */
  #timer: NodeJS.Timeout | undefined;
  /** Runs while nothing is heard of the caller's media. */
  #silence: NodeJS.Timeout | undefined;
  /** Whether our offer is out and its answer will come in an ACK. */
  #awaitsSdpAnswer = false;
  #answered = false;
  #held = false;
  #muted = false;
  #whenEnded: Promise<void> = Promise.resolve();

  constructor(options: PhoneLegOptions) {
    super();
    this.id = options.id;
    this.#options = options;
    this.#logger = options.logger.child({ legId: options.id });
    options.call.onEvent((event) => this.#onCall(event));
  }

  get state(): PhoneLegState {
    return this.#state;
  }

  /** BYE (or a refusal before the answer). Resolves when the call and its media are gone. */
  async close(end: CallEnd = callEnd.shutdown()): Promise<void> {
    this.#end(end);
    await this.#whenEnded;
  }

  /** Answers the call, or refuses it. Never rejects. */
  async start(): Promise<void> {
    const { call, did, trunkId, media, rooms } = this.#options;
    // Not even the last digits: whether the meeting lets them be seen is not known yet.
    const caller = call.caller.number === '' ? 'withheld' : 'known';
    this.#logger.info({ caller, did: maskNumber(did) }, 'call comes in');
    try {
      const { language, meetingId } = await rooms.resolveDid({ number: did, trunkId });
      if (this.#isEnded()) return;
      this.#meetingId = meetingId;
      call.ring();
      const leg = await media.createLeg(this.id);
      if (this.#isEnded()) {
        await leg.close();
        return;
      }
      this.#media = leg;
      this.#announcer = new Announcer(leg, this.#logger);
      this.#announcer.language = language;
      leg.onEvent((event) => this.#onMedia(event));
      this.#awaitsSdpAnswer = call.offer === '';
      this.#held = isHold(call.offer);
      const sdp = call.offer === '' ? await leg.offer() : await leg.answer(call.offer);
      if (this.#isEnded()) return;
      await call.answer(sdp);
      this.#answered = true;
      if (this.#isEnded()) {
        await call.bye();
        return;
      }
      if (!this.#awaitsSdpAnswer) this.#greet();
    } catch (error) {
      if (this.#isEnded()) return;
      const { status, code } = error instanceof AppError ? error : INTERNAL;
      this.#logger.warn({ err: error }, 'call not taken');
      this.#end(callEnd.refused(status, code));
    }
  }

  #greet(): void {
    this.#dispatch({ type: 'answered', meetingId: this.#meetingId });
  }

  #onCall(event: CallEvent): void {
    switch (event.type) {
      case 'cancelled': {
        this.#end(callEnd.cancelled());
        return;
      }
      case 'ended': {
        this.#end(event.lost ? callEnd.signalingLost() : callEnd.hungUp());
        return;
      }
      case 'key': {
        this.#dispatch(event);
        return;
      }
      case 'sdpAnswer':
        return void this.#takeSdpAnswer(event.sdp);
      case 'reoffer':
        return void this.#answerAgain(event);
    }
  }

  #onMedia(event: LegEvent): void {
    switch (event.type) {
      case 'key':
        this.#dispatch(event);
        break;
      case 'mediaUp':
        clearTimeout(this.#silence);
        break;
      case 'mediaLost':
        if (event.silentMs === Infinity) this.#end(callEnd.mediaFailed());
        else this.#awaitMedia(MEDIA_LOST_LIMIT_MS - event.silentMs);
        break;
    }
  }

  /** Ends the call unless media comes within `ms`. A call on hold may be silent as long as it likes. */
  #awaitMedia(ms: number): void {
    clearTimeout(this.#silence);
    if (this.#held) return;
    this.#silence = setTimeout(() => this.#end(callEnd.mediaLost()), Math.max(ms, 0));
  }

  #onMember(event: MemberEvent): void {
    if (event.type === 'muted') this.#setMuted(event.muted);
    this.#dispatch(event);
  }

  async #takeSdpAnswer(sdp: string): Promise<void> {
    if (!this.#awaitsSdpAnswer) return;
    this.#awaitsSdpAnswer = false;
    try {
      await this.#media?.accept(sdp);
      this.#greet();
    } catch (error) {
      this.#logger.warn({ err: error }, 'answer to our offer not usable');
      this.#end(callEnd.mediaFailed());
    }
  }

  /** A re-INVITE: hold, resume, another address or codec, or only a refresh. */
  async #answerAgain(event: Extract<CallEvent, { type: 'reoffer' }>): Promise<void> {
    if (!this.#media || this.#isEnded()) {
      event.refuse(481);
      return;
    }
    try {
      const isLate = event.offer === '';
      const sdp = isLate ? await this.#media.offer() : await this.#media.answer(event.offer);
      this.#awaitsSdpAnswer = isLate;
      this.#held = !isLate && isHold(event.offer);
      if (this.#held) clearTimeout(this.#silence);
      this.#applyMute();
      event.accept(sdp);
    } catch (error) {
      this.#logger.warn({ err: error }, 're-INVITE not taken');
      event.refuse(error instanceof AppError ? error.status : INTERNAL.status);
    }
  }

  #dispatch(event: DialInEvent): void {
    if (this.#isEnded()) return;
    const { state, actions } = stepDialIn(this.#conversation, event);
    this.#conversation = state;
    for (const action of actions) this.#perform(action);
    this.#follow();
  }

  /** The leg's state after the conversation's. What holds something is entered where it gets it. */
  #follow(): void {
    const { name } = this.#conversation;
    if (name === 'asking' && this.#conversation.greeting) this.#enter({ name: 'greeting' });
    else if (name === 'asking' || name === 'checking') this.#enter({ name: 'askingPin' });
    else if (name === 'leaving') this.#enter({ name: 'leaving' });
    else if (name === 'joined' && this.#state.name === 'joining') {
      this.#enter({ ...this.#state, name: 'joined' });
    }
  }

  #perform(action: DialInAction): void {
    switch (action.type) {
      case 'play':
        return void this.#play(action.prompts);
      case 'stop':
        return this.#announcer?.stop();
      case 'startTimer':
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#dispatch({ type: 'timer' }), action.ms);
        return;
      case 'stopTimer': {
        clearTimeout(this.#timer);
        return;
      }
      case 'setLanguage': {
        if (this.#announcer) this.#announcer.language = action.language;
        return;
      }
      case 'checkPin':
        return void this.#checkPin(action.pin);
      case 'join': {
        this.#join(action.meetingId);
        return;
      }
      case 'setMuted': {
        this.#setMuted(action.muted);
        this.#membership?.setMuted(action.muted);
        return;
      }
      case 'setHandRaised':
        return this.#membership?.setHandRaised(action.handRaised);
      case 'count':
        return void this.#count();
      case 'leave': {
        this.#enter({ name: 'leaving' });
        this.#media?.leave();
        return;
      }
      case 'hangup': {
        this.#end(callEnd.farewell(action.farewell));
        return;
      }
    }
  }

  async #play(prompts: readonly PromptId[]): Promise<void> {
    if (await this.#announcer?.play(prompts)) this.#dispatch({ type: 'promptFinished' });
  }

  async #checkPin(pin: string): Promise<void> {
    const { call, did, trunkId, rooms } = this.#options;
    const caller = call.caller.number === '' ? call.source : call.caller.number;
    try {
      const { meetingId } = await rooms.checkPin({ did, trunkId, pin, caller });
      this.#dispatch({ type: 'pinAccepted', meetingId });
    } catch (error) {
      const refused = pinRefused(error);
      this.#logger.info(refused, 'PIN not taken');
      this.#dispatch(refused);
    }
  }

  #join(meetingId: string): void {
    const { call, rooms } = this.#options;
    if (!this.#media) return;
    const membership = rooms.enter({
      meetingId,
      ...call.caller,
      media: this.#media,
      onEvent: (event) => this.#onMember(event),
    });
    this.#enter({ name: 'joining', meetingId, membership });
  }

  async #count(): Promise<void> {
    try {
      const people = await this.#membership?.count();
      if (people !== undefined) this.#dispatch({ type: 'counted', people });
    } catch (error) {
      this.#logger.info({ err: error }, 'people not counted');
      this.#dispatch({ type: 'notCounted' });
    }
  }

  get #membership(): Membership | undefined {
    return 'membership' in this.#state ? this.#state.membership : undefined;
  }

  #setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#applyMute();
  }

  /** On hold its music is kept from the room. */
  #applyMute(): void {
    this.#media?.setMuted(this.#muted || this.#held);
  }

  #enter(next: PhoneLegState): void {
    const old = this.#state;
    if (old.name === next.name || old.name === 'ended') return;
    this.#state = next;
    if ('membership' in old && !('membership' in next)) old.membership.leave();
    this.#logger.debug({ from: old.name, to: next.name }, 'leg');
    this.emit('statechange', old, next);
  }

  #isEnded(): boolean {
    return this.#state.name === 'ended';
  }

  #end(end: CallEnd): void {
    if (this.#isEnded()) return;
    this.#enter({ name: 'ended', end });
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#conversation = stepDialIn(this.#conversation, { type: 'hangup' }).state;
    this.#logger.info({ end }, 'call ended');
    this.#whenEnded = this.#release(end).finally(() => this.emit('ended', end));
  }

  async #release(end: CallEnd): Promise<void> {
    this.#media?.onEvent(undefined);
    // At the same time: a BYE that nobody answers takes 32 s to give up.
    const done = await Promise.allSettled([this.#tellCaller(end), this.#media?.close()]);
    for (const result of done) {
      if (result.status === 'fulfilled') continue;
      this.#logger.error({ err: result.reason as unknown }, 'call not released');
    }
  }

  /** BYE or a refusal; both are silent where the caller was faster. */
  async #tellCaller(end: CallEnd): Promise<void> {
    const { call } = this.#options;
    if (this.#answered) await call.bye();
    else if (end.by === 'us') call.refuse(end.code === 200 ? 503 : end.code);
  }
}

const INTERNAL = { status: 500, code: 'internal' } as const;
