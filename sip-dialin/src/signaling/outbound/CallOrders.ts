import type { CallPlace, GatewayPayload } from '@switchroom/protocol';
import type { LegMedia } from '../../media/PhoneMedia.ts';
import type { Call } from '../Call.ts';
import type { PhoneLeg } from '../PhoneLeg.ts';

/** What the server orders (`call:place`, `call:cancel`): the Gateway hands it on, `CallDesk` does it. None throws. */
export interface CallOrders {
  place(order: CallPlace): void;
  /** Unknown ones are ignored. */
  cancel(callId: string): void;
  /** The server is gone: it takes all calls that have not joined for failed, so they are given up. */
  serverLost(): void;
}

export type CallProgress = GatewayPayload<'call:progress'>;

/** Tells the server how a call goes; the Gateway does. Never rejects, and says nothing when the server is away. */
export type TellProgress = (news: CallProgress) => void;

/** A call of ours that was answered. Nobody has pressed 1 yet. */
export interface AnsweredCall {
  order: CallPlace;
  /** Its events go nowhere until `onEvent` was called: do that at once. */
  call: Call;
  /** Up: the answer was taken. The leg is its owner from now on. */
  media: LegMedia;
  trunkId: string;
}

/**
 * Makes the leg that asks for the 1 and joins with `order.callId`; `start` is called by whoever asked for
 * it. The desk tells the server `confirming` before, and `failed` when the leg ends without having joined.
 */
export type InviteLeg = (answered: AnsweredCall) => InvitedLeg;

export type InvitedLeg = Pick<
  PhoneLeg,
  'id' | 'state' | 'trunkId' | 'dialog' | 'start' | 'takeOver' | 'close' | 'on' | 'once'
>;
