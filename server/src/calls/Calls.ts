import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import {
  AppError,
  maskNumber,
  type CallFailure,
  type CallView,
  type CreateCall,
  type ErrorCode,
  type GatewayPayload,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { Meeting } from '../meetings/MeetingStore.ts';
import { phoneName } from '../meetings/phoneName.ts';
import type { Participant } from '../room/Participant.ts';
import type { Rooms } from '../room/Rooms.ts';
import type { DialPlan } from '../trunks/DialPlan.ts';
import { Call, type CallAsker, type CallOrder, type JoinedLeg } from './Call.ts';
import type { CallClock } from './CallClock.ts';
import { CallCounts } from './CallCounts.ts';
import type { CallGateway } from './CallGateway.ts';
import type { CallRate } from './CallRate.ts';
import type { DialOut } from './DialOut.ts';
import { isAllowed } from './isAllowed.ts';
import { RoomWatch } from './RoomWatch.ts';
import { TransferRate } from './TransferRate.ts';

/** What those in a room are told: of every change, and of a call that is no more. */
export interface CallsEvents {
  changed: [meetingId: string, call: CallView];
  gone: [meetingId: string, callId: string];
}

export interface CallsOptions {
  rooms: Rooms;
  dialPlan: DialPlan;
  dialOut: DialOut;
  rate: CallRate;
  clock: CallClock;
  /** Writes down who has what called, before that is done. */
  note: (order: CallOrder) => Promise<unknown>;
  logger: Logger;
}

/** A call that was confirmed, as `phone:join` finds it. */
export interface ConfirmedCall {
  /** As everybody may see it. */
  readonly name: string;
  /** The participant in the room whose sound it carries ("call me"); null: it becomes a participant itself. */
  readonly callMe: string | null;
  /**
   * It is in the room. `hangUp` is called, once at most, to end it from here: remove the participant, or bring
   * its sound back to the browser. Should it have been given up meanwhile, that is at once.
   */
  joined(leg: JoinedLeg): void;
}

/** What is known of a call that was up and that we have forgotten; `askedBy` is who it was, for who asked is not. */
export type ReturnedOrder = Omit<CallOrder, 'language' | 'maxSeconds'>;

type CallMeeting = Pick<Meeting, 'id' | 'numberPrivacy'>;

const LANGUAGE = 'en';

/** A phone that hands its call on. `caller`: what its number is known again by in the meeting; '' when it is withheld. */
export interface Referrer {
  participantId: string;
  caller: string;
}

/**
 * Calls to the outside: judges who may be called, has a gateway place the calls and keeps their state until
 * they are in the room or have come to nothing. It owns them; the gateways belong to their sessions. A room
 * that closes gives its calls up, unless somebody may be back in a moment.
 */
export class Calls {
  readonly events = new EventEmitter<CallsEvents>();
  readonly counts = new CallCounts();
  readonly #options: CallsOptions;
  readonly #logger: Logger;
  readonly #gateways = new Set<CallGateway>();
  readonly #calls = new Map<string, Call>();
  readonly #transfers: TransferRate;
  readonly #watch: RoomWatch;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ file: 'Calls' });
    this.#transfers = new TransferRate(() => options.clock.now());
    // As many as there are browsers.
    this.events.setMaxListeners(0);
    this.#watch = new RoomWatch({
      clock: options.clock,
      callsOf: (meetingId) => this.#of(meetingId),
      onMeetingEnded: (meetingId) => this.meetingEnded(meetingId),
    });
    options.rooms.events.on('opened', (room) => this.#watch.watch(room));
  }

  /** Gives all up. Twice is silent. */
  close(): void {
    this.#watch.close();
    for (const call of [...this.#calls.values()]) call.cancel();
    this.events.removeAllListeners();
  }

  addGateway(gateway: CallGateway): void {
    this.#gateways.add(gateway);
  }

  /** It is gone, and its calls with it. */
  removeGateway(gateway: CallGateway): void {
    this.#gateways.delete(gateway);
    for (const call of [...this.#calls.values()]) {
      if (call.gateway !== gateway) continue;
      call.failed('unreachable');
      call.lost();
    }
  }

  /** How many there are that are placed, ringing or up. */
  get active(): number {
    return [...this.#calls.values()].filter(({ state }) => state !== 'failed').length;
  }

  /** Those of a meeting that are no participants, the oldest first. */
  list(meetingId: string): CallView[] {
    return this.#of(meetingId)
      .filter(({ state }) => state !== 'joined')
      .flatMap((call) => call.view() ?? []);
  }

  /**
   * Calls a number into the meeting.
   * Errors: `number-not-allowed`, `dial-out-unavailable`, `rate-limited`.
   */
  async create(meeting: CallMeeting, wish: CreateCall, askedBy: CallAsker): Promise<CallView> {
    const { number, language = LANGUAGE } = wish;
    const name = phoneName(
      { name: wish.name ?? maskNumber(number), number },
      meeting.numberPrivacy,
    );
    return this.#place({ meetingId: meeting.id, number, name, language, callMe: null, askedBy });
  }

  /** Whether one like this may have their own phone called: whoever holds a link could dial at our expense. */
  offersCallMe({ signedIn }: { signedIn: boolean }): boolean {
    const { callMe } = this.#options.dialOut.policy;
    return callMe === 'everybody' || (callMe === 'signed-in' && signedIn);
  }

  /**
   * Calls a participant's own phone, under their name. Errors: as `create`; `conflict` when their sound is there
   * already, or on its way.
   */
  async callMe(meetingId: string, { id, name }: Participant, number: string): Promise<CallView> {
    if (this.#callMeOf(meetingId, id)) {
      throw new AppError('conflict', 'Your phone is being called already.');
    }
    const askedBy = { participantId: id };
    const order = { meetingId, number, name, language: LANGUAGE, callMe: id, askedBy };
    const failed = this.#of(meetingId).filter((call) => call.order.callMe === id);
    const view = await this.#place(order);
    for (const call of failed) call.cancel();
    return view;
  }

  /**
   * A phone hands its own call on to another number, where somebody else may answer: it comes in as itself.
   * Errors: as `create`, `rate-limited` also by `TransferRate`; `conflict` while it does so already. Gives the call's id.
   */
  async refer(meeting: CallMeeting, by: Referrer, number: string): Promise<string> {
    const { participantId, caller } = by;
    const isMine = ({ order, pending }: Call): boolean =>
      pending && 'participantId' in order.askedBy && order.askedBy.participantId === participantId;
    if (this.#of(meeting.id).some(isMine)) {
      throw new AppError('conflict', 'This phone is handing its call on already.');
    }
    const { callsPerHourPerMeeting } = this.#options.dialOut.policy;
    const retryAfterMs = this.#transfers.take(meeting.id, caller, callsPerHourPerMeeting);
    if (retryAfterMs > 0) {
      const why = 'Too many calls were handed on within the hour.';
      throw new AppError('rate-limited', why, { retryAfterMs });
    }
    return (await this.create(meeting, { number }, { participantId })).id;
  }

  /** Brings a participant's sound back from their phone, or stops calling it. Error `conflict` where it is not. */
  back(meetingId: string, participantId: string): void {
    const call = this.#callMeOf(meetingId, participantId);
    if (!call) throw new AppError('conflict', 'Your sound is in the browser already.');
    call.cancel();
  }

  /**
   * Hangs up, whatever its state, or takes a failed one from the list. With `by`, who is no host: only one's own
   * "call me". Errors: `not-found`, `forbidden`.
   */
  cancel(meetingId: string, callId: string, by?: string): void {
    const call = this.#calls.get(callId);
    if (call?.order.meetingId !== meetingId) {
      throw new AppError('not-found', 'There is no such call.');
    }
    if (by !== undefined && call.order.callMe !== by) {
      throw new AppError('forbidden', 'Only a host may end this call.');
    }
    call.cancel();
  }

  /** What its gateway tells. Errors: `not-found` for a call that was given up: hang it up. */
  progress({ callId, state, reason = 'unreachable' }: GatewayPayload<'call:progress'>): void {
    const call = this.#calls.get(callId);
    if (!call) throw new AppError('not-found', 'There is no such call.');
    if (state === 'ringing') call.ringing();
    else if (state === 'confirming') call.answered();
    else call.failed(reason);
  }

  has(callId: string): boolean {
    return this.#calls.has(callId);
  }

  /**
   * For `phone:join`, also of one whose gateway's connection was lost and is back.
   * Errors: `not-found` for a call that was given up, or is not known since a restart; `conflict` for one that was not answered.
   */
  confirmed(callId: string, meetingId: string): ConfirmedCall {
    const call = this.#calls.get(callId);
    if (call?.order.meetingId !== meetingId) {
      throw new AppError('not-found', 'There is no such call.');
    }
    if (!call.isExpected) throw new AppError('conflict', 'This call is not waited for.');
    return confirmedCall(call);
  }

  /**
   * For `phone:join` of a call that was up and that we do not know: since a restart, or because its sound had gone back
   * to the browser meanwhile. From here on it counts. Error `unavailable` while that participant has another.
   */
  returned(order: ReturnedOrder, gateway: CallGateway): ConfirmedCall {
    const { id, meetingId, callMe } = order;
    if (callMe !== null && this.#callMeOf(meetingId, callMe)) {
      throw new AppError('unavailable', 'Another phone is being called by now.');
    }
    const maxSeconds = this.#options.dialOut.policy.maxMinutes * 60;
    const whole = { ...order, language: LANGUAGE, maxSeconds };
    const call = this.#make(whole, gateway, { returns: true });
    this.#calls.set(id, call);
    return confirmedCall(call);
  }

  /** The phone of a "call me" is gone from its participant. Unknown ones are ignored. */
  ended(callId: string): void {
    this.#calls.get(callId)?.ended();
  }

  /** Nobody is waited for any more; also before there was a room. */
  meetingEnded(meetingId: string): void {
    this.#watch.stopWaiting(meetingId);
    for (const call of this.#of(meetingId)) {
      // Who is in the room is told by its closing.
      call.ended();
      call.cancel();
    }
  }

  #of(meetingId: string): Call[] {
    return [...this.#calls.values()].filter(({ order }) => order.meetingId === meetingId);
  }

  /** The one that carries this participant's sound, or is to. */
  #callMeOf(meetingId: string, participantId: string): Call | undefined {
    const isIt = ({ order, state }: Call): boolean =>
      order.callMe === participantId && state !== 'failed';
    return this.#of(meetingId).find(isIt);
  }

  #make(order: CallOrder, gateway: CallGateway, { returns = false } = {}): Call {
    const { clock } = this.#options;
    const onChange = (call: Call, before: Call['state']): void => this.#changed(call, before);
    return new Call({ order, gateway, clock, returns, onChange });
  }

  async #place(wish: Omit<CallOrder, 'id' | 'maxSeconds'>): Promise<CallView> {
    const { dialOut, rate } = this.#options;
    const id = randomUUID();
    const order = { ...wish, id, maxSeconds: dialOut.policy.maxMinutes * 60 };
    const call = this.#make(order, this.#judge(order));
    // From here on it counts; what waits comes after.
    this.#calls.set(id, call);
    try {
      await rate.add(id, order.meetingId);
      await this.#options.note(order);
    } catch (error) {
      call.cancel();
      throw error;
    }
    const view = call.view();
    if (view?.state !== 'calling') throw new AppError('unavailable', 'The call was given up.');
    this.counts.placed += 1;
    this.#logger.info(forLog(order), 'place() | calling');
    this.events.emit('changed', order.meetingId, view);
    void call.place();
    return view;
  }

  /** The gateway for it: the one with the fewest calls. Errors: see `create`. */
  #judge(order: CallOrder): CallGateway {
    const { dialOut, dialPlan, rate } = this.#options;
    const { policy } = dialOut;
    const refuse = (code: ErrorCode, message: string, retryAfterMs?: number): never => {
      this.#logger.warn({ ...forLog(order), code }, 'judge() | refused');
      throw new AppError(code, message, { retryAfterMs });
    };
    if (!isAllowed(order.number, policy)) {
      return refuse('number-not-allowed', 'The dial-out policy does not allow this number.');
    }
    const load = (one: CallGateway): number =>
      [...this.#calls.values()].filter(({ gateway }) => gateway === one).length;
    const [gateway] = [...this.#gateways].sort((a, b) => load(a) - load(b));
    if (!gateway || !dialPlan.openTrunks.some(({ outbound }) => outbound !== null)) {
      return refuse('dial-out-unavailable', 'There is no trunk for calls to the outside.');
    }
    if (this.active >= policy.maxCalls) {
      return refuse('rate-limited', 'Too many calls at a time; try again when one has ended.');
    }
    const wait = rate.wait(order.meetingId, {
      all: policy.callsPerHour,
      meeting: policy.callsPerHourPerMeeting,
    });
    if (wait > 0) {
      return refuse('rate-limited', 'Too many calls within the hour; try again later.', wait);
    }
    return gateway;
  }

  #changed(call: Call, before: Call['state']): void {
    const { order, state } = call;
    const wasInRoom = before === 'joined' || before === 'lost';
    if (state === 'over') this.#calls.delete(order.id);
    if (state === 'failed') this.#end(call, call.reason ?? 'unreachable');
    else if (state === 'over' && wasInRoom) this.#end(call, 'ended');
    else if (state === 'over' && before !== 'failed') this.#end(call, 'cancelled');
    try {
      const view = call.view();
      if (view) this.events.emit('changed', order.meetingId, view);
      // Of one that was in the room its participant tells.
      else if (!wasInRoom) this.events.emit('gone', order.meetingId, order.id);
    } catch (error) {
      this.#logger.error({ err: error }, 'changed() | a listener failed');
    }
  }

  #end({ order, seconds }: Call, outcome: CallFailure | 'ended'): void {
    if (outcome !== 'ended') this.counts.failed[outcome] += 1;
    this.#logger.info({ ...forLog(order), outcome, seconds }, 'end() | call over');
  }
}

function confirmedCall(call: Call): ConfirmedCall {
  const { name, callMe } = call.order;
  return { name, callMe, joined: (leg) => call.joined(leg) };
}

/** No digit of the number: how much of it may be seen is the meeting's to say, and the audit trail tells that. */
function forLog({ id, meetingId, callMe, askedBy }: CallOrder): object {
  return { callId: id, meetingId, isCallMe: callMe !== null, askedBy };
}
