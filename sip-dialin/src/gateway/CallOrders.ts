import type { CallPlace, GatewayPayload } from '@switchroom/protocol';

/** Takes the server's orders to call somebody; neither throws. */
export interface CallOrders {
  place(order: CallPlace): void;
  /** Whatever its state; nothing is to be reported after. Unknown ones are ignored. */
  cancel(callId: string): void;
}

export type CallProgress = GatewayPayload<'call:progress'>;

/** Where it is told how these calls go. `Gateway` is the real one. */
export interface CallReports {
  /** Never rejects: one that the server does not take is logged. */
  reportCall(progress: CallProgress): Promise<void>;
}
