import type { CallPlace } from '@switchroom/protocol';

/** Whoever places calls: a connected sip-dialin. */
export interface CallGateway {
  /** Resolves when it has taken the order. Errors: its answer, or none in time. */
  place(order: CallPlace): Promise<void>;
  /** Gives the call up, whatever its state. Unknown ones are ignored. */
  cancel(callId: string): void;
}
