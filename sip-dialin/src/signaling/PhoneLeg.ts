import { EventEmitter } from 'node:events';
import { maskNumber } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { MemberEvent, Membership } from '../gateway/MeetingRooms.ts';
import type { DialInAction, DialInEvent, DialInState } from '../ivr/conversation.ts';
import type { LegMedia, LegQuality } from '../media/PhoneMedia.ts';
import { answerCall, answerInstead, refusalOf } from './answerCall.ts';
import type { Call, CallEvent, DialogIds } from './Call.ts';
import { CallAudio } from './CallAudio.ts';
import { callEnd, type CallEnd } from './callEnd.ts';
import { DoubledKeys, type KeyWay } from './DoubledKeys.ts';
import type { InboundCall } from './InboundCall.ts';
import { checkPinOf, enterRoom } from './legInRooms.ts';
import { LegConversation, type LegConversationHost } from './LegConversation.ts';
import { answeredAt, invitedBy } from './openings.ts';
import type { DialledLeg, InvitedLeg, PhoneLegOptions } from './phoneLegOptions.ts';
import { releaseCall } from './releaseCall.ts';
import { stateBefore, type PhoneLegState } from './phoneLegState.ts';

/** The longest that a timer can run. */
const TIMER_LIMIT_MS = 2 ** 31 - 1;

type KeyEvent = Extract<DialInEvent, { type: 'key' }>;

interface PhoneLegEvents {
  statechange: [old: PhoneLegState, next: PhoneLegState];
  ended: [end: CallEnd];
}

/**
 * One call, until the BYE: does what the dial-in conversation says, with the call's SIP, its media and the
 * meeting server. It becomes a Participant when the server lets it in, and stays this leg. Owned by
 * whoever made it (Switchboard, CallDesk), from which it goes on `ended`.
 */
export class PhoneLeg extends EventEmitter<PhoneLegEvents> {
  readonly id: string;
  readonly #options: PhoneLegOptions;
  readonly #logger: Logger;
  /** Another one than it began with, once that was replaced. */
  #call: Call;
  #state: PhoneLegState = { name: 'ringing' };
  /** These two from when it has media. */
  #audio: CallAudio | undefined;
  #conversation: LegConversation | undefined;
  readonly #keys = new DoubledKeys();
  /** Of the conversation: how it begins, once the call is up. */
  #opening: DialInEvent | undefined;
  /** Keyed while our 200 was out and its ACK had not come: a machine waits for no prompt. */
  readonly #early: KeyEvent[] = [];
  /** Ends a call of ours that has lasted as long as it may. */
  #longest: NodeJS.Timeout | undefined;
  #answered = false;
  #whenEnded: Promise<void> = Promise.resolve();

  constructor(options: PhoneLegOptions) {
    super();
    this.id = options.id;
    this.#options = options;
    this.#logger = options.logger.child({ legId: options.id });
    this.#call = options.call;
    options.call.onEvent((event) => this.#onCall(event));
    if ('order' in options) {
      this.#answered = true;
      this.#takeMedia(options.media, options.order.language);
    }
  }

  get state(): PhoneLegState {
    return this.#state;
  }

  /** BYE (or a refusal before the answer). Resolves when the call and its media are gone. */
  async close(end: CallEnd = callEnd.shutdown()): Promise<void> {
    this.#end(end);
    await this.#whenEnded;
  }

  get trunkId(): string {
    return this.#options.trunkId;
  }

  /** What tells its call from all others; undefined before the answer. */
  get dialog(): DialogIds | undefined {
    return this.#answered && !this.#isEnded() ? this.#call.ids : undefined;
  }

  /**
   * A call that comes in takes the place of this one's, which is hung up (RFC 3891): with the same media, so that
   * it stays the participant that it is. Never rejects.
   */
  async takeOver(call: InboundCall): Promise<void> {
    const gone = new AbortController();
    call.onEvent((event) => {
      if (this.#call === call) this.#onCall(event);
      else if (event.type === 'cancelled' || event.type === 'ended') gone.abort();
    });
    const isOver = (): boolean => gone.signal.aborted || this.#isEnded();
    if (!(await answerInstead(call, this.#audio, isOver, this.#logger))) return;
    if (this.#isEnded()) {
      await call.bye();
      return;
    }
    const old = this.#call;
    this.#call = call;
    this.#logger.info('call replaced by another');
    old.onEvent(() => undefined);
    await old.bye();
  }

  /** Answers a call that came in, or refuses it; greets one of ours. Never rejects. */
  async start(): Promise<void> {
    if ('order' in this.#options) this.#invite(this.#options);
    else await this.#takeCall(this.#options);
  }

  #invite({ order }: InvitedLeg): void {
    if (this.#isEnded()) return;
    const ms = Math.min(order.maxSeconds * 1000, TIMER_LIMIT_MS);
    this.#longest = setTimeout(() => this.#dispatch({ type: 'timeUp' }), ms);
    this.#dispatch(invitedBy(order));
  }

  async #takeCall(options: DialledLeg): Promise<void> {
    // Not even the last digits: whether the meeting lets them be seen is not known yet.
    const caller = options.call.caller.number === '' ? 'withheld' : 'known';
    this.#logger.info({ caller, did: maskNumber(options.did) }, 'call comes in');
    try {
      const isAnswered = await answerCall(options, {
        isEnded: () => this.#isEnded(),
        takeMedia: (media, led) => {
          this.#opening = answeredAt(led);
          return this.#takeMedia(media, led.language);
        },
      });
      if (!isAnswered) return;
      this.#answered = true;
      if (this.#isEnded()) await options.call.bye();
      else if (this.#audio?.awaitsAnswer === false) this.#greet();
    } catch (error) {
      if (this.#isEnded()) return;
      const { status, code } = refusalOf(error);
      this.#logger.warn({ err: error }, 'call not taken');
      this.#end(callEnd.refused(status, code));
    }
  }

  #takeMedia(media: LegMedia, language: string): CallAudio {
    const logger = this.#logger;
    this.#conversation = new LegConversation({ media, language, host: this.#host(), logger });
    const handlers = {
      onKey: (event: KeyEvent) => this.#onKey(event, 'media'),
      onQuality: (quality: LegQuality) => this.#membership?.tellQuality(quality),
      onHeld: (held: boolean) => {
        this.#membership?.setHeld(held);
        this.#dispatch({ type: 'held', held });
      },
      onLost: (end: CallEnd) => this.#end(end),
    };
    return (this.#audio = new CallAudio(media, handlers, logger));
  }

  #greet(): void {
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening) this.#dispatch(opening);
    for (const key of this.#early.splice(0)) this.#dispatch(key);
  }

  #onCall(event: CallEvent): void {
    switch (event.type) {
      case 'cancelled':
        return this.#end(callEnd.cancelled());
      case 'ended':
        return this.#end(event.lost ? callEnd.signalingLost() : callEnd.hungUp());
      case 'key':
        return this.#onKey(event, 'info');
      case 'sdpAnswer':
        return void this.#takeSdpAnswer(event.sdp);
      case 'reoffer':
        if (!this.#audio || this.#isEnded()) return event.refuse(481);
        return void this.#audio.respondAgain(event);
    }
  }

  async #takeSdpAnswer(sdp: string): Promise<void> {
    try {
      if (await this.#audio?.take(sdp)) this.#greet();
    } catch (error) {
      this.#logger.warn({ err: error }, 'answer to our offer not usable');
      this.#end(callEnd.mediaFailed());
    }
  }

  #onKey(event: KeyEvent, way: KeyWay): void {
    if (this.#keys.isDoubled(event.key, way, performance.now())) return;
    if (this.#opening) this.#early.push(event);
    else this.#dispatch(event);
  }

  #dispatch(event: DialInEvent): void {
    if (!this.#isEnded()) this.#conversation?.dispatch(event);
  }

  #host(): LegConversationHost {
    const membership = (): Membership | undefined => this.#membership;
    return {
      get membership() {
        return membership();
      },
      follow: (conversation) => this.#follow(conversation),
      checkPin: (pin) => checkPinOf(this.#options, pin),
      join: (order) => this.#join(order),
      setMuted: (muted) => this.#audio?.setMuted(muted),
      leave: () => {
        this.#enter({ name: 'leaving' });
        this.#audio?.media.leave();
      },
      hangUp: (farewell) => this.#end(callEnd.farewell(farewell)),
    };
  }

  /** The leg's state after the conversation's. What holds something is entered where it gets it. */
  #follow(conversation: DialInState): void {
    const { name } = conversation;
    if ((name === 'joined' || name === 'waiting') && 'membership' in this.#state) {
      this.#enter({ ...this.#state, name });
      return;
    }
    const next = stateBefore(conversation);
    if (next) this.#enter(next);
  }

  #join(order: Extract<DialInAction, { type: 'join' }>): void {
    if (!this.#audio) return;
    const { media } = this.#audio;
    const onEvent = (event: MemberEvent): void => {
      if (event.type === 'muted') this.#audio?.setMuted(event.muted);
      if (event.type === 'consent') this.#audio?.setHeldBack(event.consent === 'awaited');
      this.#dispatch(event);
      if (event.type === 'joined' && this.#audio?.held)
        this.#dispatch({ type: 'held', held: true });
    };
    const membership = enterRoom(this.#options, order, { media, onEvent });
    if (this.#audio.held) membership.setHeld(true);
    this.#enter({ name: 'joining', meetingId: order.meetingId, membership });
  }

  get #membership(): Membership | undefined {
    return 'membership' in this.#state ? this.#state.membership : undefined;
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
    clearTimeout(this.#longest);
    this.#conversation?.close();
    this.#logger.info({ end }, 'call ended');
    const options = this.#options;
    const isUp = this.#answered || 'order' in options;
    const call = isUp ? { answered: this.#call } : { unanswered: options.call };
    const ending = { end, call, audio: this.#audio, logger: this.#logger };
    this.#whenEnded = releaseCall(ending).finally(() => this.emit('ended', end));
  }
}
