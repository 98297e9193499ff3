import type { RecordingView } from '@switchroom/protocol';
import { recover, type RecoverOptions } from './recover.ts';
import { deadRecorders } from './SignOfLife.ts';

export interface RecoveryOptions extends Omit<RecoverOptions, 'wallTime'> {
  wallTime: () => Date;
  /** Told of each recording that was left open, and is sealed now. */
  onSealed: (view: RecordingView) => void;
}

/**
 * Seals what recorders that died left open: at our start all of it, later whenever one has died. What we could not seal ourselves,
 * since the disk was full, is tried again at each look.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #busy = false;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Looks at the whole vault now, and every `lookMs` for recorders that died. */
  start(lookMs: number): void {
    this.#recover();
    this.#timer = setInterval(() => this.#look(), lookMs);
  }

  /** Resolves when nothing is being sealed any more. Twice is silent. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
  }

  #look(): void {
    const { recordersDirectory, recorder, unsealed } = this.#options;
    if (this.#busy) return;
    if (deadRecorders(recordersDirectory, recorder).length > 0) this.#recover();
    else if (unsealed.size > 0) this.#recover([...unsealed]);
  }

  #recover(only?: readonly string[]): void {
    this.#busy = true;
    this.#working = this.#work(only).finally(() => (this.#busy = false));
  }

  async #work(only?: readonly string[]): Promise<void> {
    const { wallTime, onSealed, logger } = this.#options;
    try {
      for (const view of await recover({ ...this.#options, wallTime: wallTime() }, only)) {
        logger.warn({ recordingId: view.id }, 'recover() | sealed what was left open');
        onSealed(view);
      }
    } catch (error) {
      logger.error({ err: error }, 'recover() | cannot look for what was left open');
    }
  }
}
