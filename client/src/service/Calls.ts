import type { CreateCall } from '@switchroom/protocol';
import type { useCallsStore } from '../stores/calls.ts';
import type { Ask, Request } from './MeetSocket.ts';

interface Options {
  /** Rejects with an `AppError`. */
  request: Request;
  /** Tells a failure as a notice. */
  ask: Ask;
  store: Pick<ReturnType<typeof useCallsStore>, 'begun' | 'gone' | 'remember' | 'dialled'>;
}

/** Calls from the meeting to phones. */
export class Calls {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Calls a number into the meeting. Throws an `AppError`: the dialog says it beside the number. */
  async create(call: CreateCall): Promise<void> {
    const { request, store } = this.#options;
    const view = await request('call:create', call);
    store.remember(view.id, call);
    store.begun(view);
  }

  /** The same number once more, in place of a call that came to nothing. */
  async again(callId: string): Promise<void> {
    const { ask, store } = this.#options;
    const call = store.dialled.get(callId);
    if (call === undefined) return;
    await this.cancel(callId);
    const view = await ask('call:create', call);
    if (view === undefined) return;
    store.remember(view.id, call);
    store.begun(view);
  }

  /** Hangs up, or takes a failed one away. */
  async cancel(callId: string): Promise<void> {
    const { ask, store } = this.#options;
    if ((await ask('call:cancel', { callId })) !== undefined) store.gone(callId);
  }

  /** Moves our own sound to our phone, once it has answered. Throws an `AppError`. */
  async callMe(number: string): Promise<void> {
    const { request, store } = this.#options;
    store.begun(await request('call:me', { number }));
  }

  /** Our own sound comes back to this browser. */
  async back(): Promise<void> {
    await this.#options.ask('call:back', {});
  }
}
