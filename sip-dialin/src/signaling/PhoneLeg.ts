import { EventEmitter } from 'node:events';
import { AppError, maskNumber } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { MemberEvent, Membership, PinResult } from '../gateway/MeetingRooms.ts';
import type { DialInAction, DialInEvent, DialInState } from '../ivr/conversation.ts';
import type { LegMedia, LegQuality } from '../media/PhoneMedia.ts';
import type { Call, CallEvent, DialogIds } from './Call.ts';
import { CallAudio } from './CallAudio.ts';
import { callEnd, type CallEnd } from './callEnd.ts';
import type { InboundCall } from './InboundCall.ts';
import { LegConversation, type LegConversationHost } from './LegConversation.ts';
import { answeredAt, invitedBy } from './openings.ts';
import type { DialledLeg, InvitedLeg, PhoneLegOptions } from './phoneLegOptions.ts';
import type { PhoneLegState } from './phoneLegState.ts';
import { phoneOf } from './phoneOf.ts';

/** The longest that a timer can run. */
const TIMER_LIMIT_MS = 2 ** 31 - 1;

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
  /** Of the conversation: how it begins, once the call is up. */
  #opening: DialInEvent | undefined;
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
    try {
      const sdp = await this.#audio?.respond(call.offer);
      const isLost = gone.signal.aborted || this.#isEnded();
      if (sdp === undefined || isLost) {
        call.refuse(481);
        return;
      }
      await call.answer(sdp);
    } catch (error) {
      this.#logger.warn({ err: error }, 'call not replaced');
      call.refuse(error instanceof AppError ? error.status : INTERNAL.status);
      return;
    }
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

  async #takeCall({ call, did, trunkId, media, srtp, rooms }: DialledLeg): Promise<void> {
    // Not even the last digits: whether the meeting lets them be seen is not known yet.
    const caller = call.caller.number === '' ? 'withheld' : 'known';
    this.#logger.info({ caller, did: maskNumber(did) }, 'call comes in');
    try {
      const led = await rooms.resolveDid({ number: did, trunkId });
      if (this.#isEnded()) return;
      this.#opening = answeredAt(led);
      call.ring();
      const leg = await media.createLeg(this.id, srtp === undefined ? {} : { srtp });
      if (this.#isEnded()) {
        await leg.close();
        return;
      }
      const audio = this.#takeMedia(leg, led.language);
      const sdp = await audio.respond(call.offer);
      if (this.#isEnded()) return;
      await call.answer(sdp);
      this.#answered = true;
      if (this.#isEnded()) {
        await call.bye();
        return;
      }
      if (!audio.awaitsAnswer) this.#greet();
    } catch (error) {
      if (this.#isEnded()) return;
      const { status, code } = error instanceof AppError ? error : INTERNAL;
      this.#logger.warn({ err: error }, 'call not taken');
      this.#end(callEnd.refused(status, code));
    }
  }

  #takeMedia(media: LegMedia, language: string): CallAudio {
    const logger = this.#logger;
    this.#conversation = new LegConversation({ media, language, host: this.#host(), logger });
    const handlers = {
      onKey: (event: DialInEvent) => this.#dispatch(event),
      onQuality: (quality: LegQuality) => this.#membership?.tellQuality(quality),
      onLost: (end: CallEnd) => this.#end(end),
    };
    return (this.#audio = new CallAudio(media, handlers, logger));
  }

  #greet(): void {
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening) this.#dispatch(opening);
  }

  #onCall(event: CallEvent): void {
    switch (event.type) {
      case 'cancelled':
        return this.#end(callEnd.cancelled());
      case 'ended':
        return this.#end(event.lost ? callEnd.signalingLost() : callEnd.hungUp());
      case 'key':
        return this.#dispatch(event);
      case 'sdpAnswer':
        return void this.#takeSdpAnswer(event.sdp);
      case 'reoffer':
        if (!this.#audio || this.#isEnded()) return event.refuse(481);
        return void this.#audio.respondAgain(event);
    }
  }

  #onMember(event: MemberEvent): void {
    if (event.type === 'muted') this.#audio?.setMuted(event.muted);
    this.#dispatch(event);
  }

  async #takeSdpAnswer(sdp: string): Promise<void> {
    try {
      if (await this.#audio?.take(sdp)) this.#greet();
    } catch (error) {
      this.#logger.warn({ err: error }, 'answer to our offer not usable');
      this.#end(callEnd.mediaFailed());
    }
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
      checkPin: (pin) => this.#checkPin(pin),
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
    if (name === 'asking' && conversation.greeting) this.#enter({ name: 'greeting' });
    else if (name === 'asking' || name === 'checking') this.#enter({ name: 'askingPin' });
    else if (name === 'confirming' || name === 'naming' || name === 'leaving')
      this.#enter({ name });
    else if ((name === 'joined' || name === 'waiting') && 'membership' in this.#state) {
      this.#enter({ ...this.#state, name });
    }
  }

  async #checkPin(pin: string): Promise<PinResult> {
    if ('order' in this.#options) throw new AppError('forbidden', 'It was invited.');
    const { call, did, trunkId, rooms } = this.#options;
    const caller = call.caller.number === '' ? call.source : call.caller.number;
    return rooms.checkPin({ did, trunkId, pin, caller });
  }

  #join({ meetingId, role, name: recordedName }: Extract<DialInAction, { type: 'join' }>): void {
    if (!this.#audio) return;
    const membership = this.#options.rooms.enter({
      meetingId,
      ...phoneOf(this.#options),
      role,
      ...(recordedName && { recordedName }),
      media: this.#audio.media,
      onEvent: (event) => this.#onMember(event),
    });
    this.#enter({ name: 'joining', meetingId, membership });
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
    this.#whenEnded = this.#release(end).finally(() => this.emit('ended', end));
  }

  async #release(end: CallEnd): Promise<void> {
    // At the same time: a BYE that nobody answers takes 32 s to give up.
    const done = await Promise.allSettled([this.#tellCaller(end), this.#audio?.close()]);
    for (const result of done) {
      if (result.status === 'fulfilled') continue;
      this.#logger.error({ err: result.reason as unknown }, 'call not released');
    }
  }

  /** BYE or a refusal; both are silent where the caller was faster. */
  async #tellCaller(end: CallEnd): Promise<void> {
    const options = this.#options;
    if (this.#answered) await this.#call.bye();
    else if (end.by === 'us' && !('order' in options)) {
      options.call.refuse(end.code === 200 ? 503 : end.code);
    }
  }
}

const INTERNAL = { status: 500, code: 'internal' } as const;
