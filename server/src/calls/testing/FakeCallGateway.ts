import type { CallPlace } from '@switchroom/protocol';
import type { CallGateway } from '../CallGateway.ts';

/** Remembers what it was asked. */
export class FakeCallGateway implements CallGateway {
  readonly placed: CallPlace[] = [];
  readonly cancelled: string[] = [];
  /** What it answers to the next orders, if not yes. */
  refusal: Error | undefined;

  async place(order: CallPlace): Promise<void> {
    this.placed.push(order);
    if (this.refusal) throw this.refusal;
  }

  cancel(callId: string): void {
    this.cancelled.push(callId);
  }
}
