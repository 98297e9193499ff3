import type { CallFailure, CallView } from '@switchroom/protocol';
import type { CallClock } from './CallClock.ts';
import type { CallGateway } from './CallGateway.ts';

/** Who asked for a call, for the log: over REST, or from within the room. */
export type CallAsker = { userId: string } | { participantId: string };

export interface CallOrder {
  readonly id: string;
  readonly meetingId: string;
  /** E.164. Never shown nor logged as it is. */
  readonly number: string;
  /** As everybody in the room may see it. */
  readonly name: string;
  readonly language: string;
  /** From its answer on. */
  readonly maxSeconds: number;
  /** The participant whose sound it is to carry ("call me"); null: it becomes a participant of its own. */
  readonly callMe: string | null;
  readonly askedBy: CallAsker;
}

/** What a call became. `hangUp()` ends it from the room's side: the participant is removed, or its sound brought back. */
export interface JoinedLeg {
  readonly participantId: string;
  hangUp(): void;
}

type State =
  | { name: 'calling' | 'ringing' }
  | { name: 'confirming' }
  | { name: 'joined'; leg: JoinedLeg }
  /** Its gateway's connection was lost; it may come back with it, since the phone is still there. */
  | { name: 'lost' }
  | { name: 'failed'; reason: CallFailure }
  | { name: 'over' };

/** How long a state may last, ms: the gateway is quicker with all of them, unless it has lost the call. */
export const CALL_LIMITS_MS = {
  calling: 60_000,
  ringing: 120_000,
  confirming: 90_000,
  /** sip-dialin keeps its phones for 10 s without us. */
  lost: 15_000,
  /** A failed one stays so long to be read. */
  failed: 60_000,
  /** On top of the longest call, which the gateway ends by itself, with a word of goodbye. */
  grace: 10_000,
} as const;

export interface CallOptions {
  order: CallOrder;
  gateway: CallGateway;
  clock: CallClock;
  /** It was up before, and its gateway's connection was lost. */
  returns?: boolean;
  /** After every change, told what it was before. */
  onChange: (call: Call, before: State['name']) => void;
}

/** One call to the outside, from its order to its end. In no state does it stay for ever. */
export class Call {
  readonly order: CallOrder;
  readonly gateway: CallGateway;
  readonly #clock: CallClock;
  readonly #onChange: CallOptions['onChange'];
  #state: State = { name: 'calling' };
  /** Once answered, ms since 1970. */
  #answeredAt: number | undefined;
  #stopTimer: (() => void) | undefined;

  constructor({ order, gateway, clock, returns = false, onChange }: CallOptions) {
    this.order = order;
    this.gateway = gateway;
    this.#clock = clock;
    this.#onChange = onChange;
    if (returns) {
      // When it was answered nobody knows any more but the gateway, which ends it in time.
      this.#answeredAt = clock.now();
      this.#state = { name: 'lost' };
    }
    this.#arm();
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  /** Neither in the room nor come to nothing yet. */
  get pending(): boolean {
    return ['calling', 'ringing', 'confirming'].includes(this.#state.name);
  }

  get reason(): CallFailure | null {
    return this.#state.name === 'failed' ? this.#state.reason : null;
  }

  /** Of `joined`: who it is; before that whose sound is to be moved. */
  get participantId(): string | null {
    return this.#state.name === 'joined' ? this.#state.leg.participantId : this.order.callMe;
  }

  /** Whole seconds since its answer; 0 without one. */
  get seconds(): number {
    if (this.#answeredAt === undefined) return 0;
    return Math.round((this.#clock.now() - this.#answeredAt) / 1000);
  }

  /** Of one that is over, or lost, there is nothing to see. */
  view(): CallView | undefined {
    const { reason, participantId, state } = this;
    if (state === 'over' || state === 'lost') return undefined;
    return { id: this.order.id, name: this.order.name, state, reason, participantId };
  }

  /** Hands the order to the gateway; one that cannot take it makes the call `unreachable`. */
  async place(): Promise<void> {
    const { id: callId, meetingId, number, language, maxSeconds, callMe } = this.order;
    const order = { callId, meetingId, number, language, maxSeconds, callMe: callMe !== null };
    try {
      await this.gateway.place(order);
    } catch {
      this.giveUp('unreachable');
    }
  }

  /** The gateway tells; what comes too late, or out of order, is ignored. */
  ringing(): void {
    if (this.#state.name === 'calling') this.#enter({ name: 'ringing' });
  }

  answered(): void {
    if (this.#state.name !== 'calling' && this.#state.name !== 'ringing') return;
    this.#answeredAt = this.#clock.now();
    this.#enter({ name: 'confirming' });
  }

  failed(reason: CallFailure): void {
    if (this.pending) this.#enter({ name: 'failed', reason });
  }

  /** Somebody pressed 1: it may come into the room, or come back. */
  get isExpected(): boolean {
    return this.#state.name === 'confirming' || this.#state.name === 'lost';
  }

  /** It is in the room; one that was given up meanwhile is hung up at once. */
  joined(leg: JoinedLeg): void {
    if (!this.isExpected) return leg.hangUp();
    this.#enter({ name: 'joined', leg });
  }

  /** We do not wait for it any longer, whatever the gateway thinks. */
  giveUp(reason: CallFailure): void {
    if (!this.pending) return;
    this.gateway.cancel(this.order.id);
    this.failed(reason);
  }

  /** Hangs up, or takes a failed one away. Twice is silent. */
  cancel(): void {
    const state = this.#state;
    if (state.name === 'over') return;
    const { pending } = this;
    this.#enter({ name: 'over' });
    if (state.name === 'joined') state.leg.hangUp();
    // A participant of its own is told by its removal, and hears a goodbye.
    const isCallMe = state.name === 'joined' && this.order.callMe !== null;
    if (pending || isCallMe) this.gateway.cancel(this.order.id);
  }

  /** The phone is gone, or the room: nothing is left to hang up. */
  ended(): void {
    if (this.#state.name === 'joined') this.#enter({ name: 'over' });
  }

  /** The connection that it came by is lost. */
  lost(): void {
    if (this.order.callMe !== null) this.ended();
    else if (this.#state.name === 'joined') this.#enter({ name: 'lost' });
  }

  #enter(next: State): void {
    this.#stopTimer?.();
    const before = this.#state.name;
    this.#state = next;
    this.#arm();
    this.#onChange(this, before);
  }

  #arm(): void {
    const { name } = this.#state;
    if (name === 'over') return;
    this.#stopTimer = this.#clock.after(this.#limitMs(name), () => this.#late());
  }

  #limitMs(name: Exclude<State['name'], 'over'>): number {
    if (name !== 'joined') return CALL_LIMITS_MS[name];
    return Math.max(0, (this.order.maxSeconds - this.seconds) * 1000) + CALL_LIMITS_MS.grace;
  }

  #late(): void {
    if (this.#state.name === 'calling') this.giveUp('unreachable');
    else if (this.#state.name === 'ringing') this.giveUp('no-answer');
    else if (this.#state.name === 'confirming') this.giveUp('not-confirmed');
    else this.cancel();
  }
}
