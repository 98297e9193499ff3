import { AppError, type RecordingView, type VaultAlarm } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { request, type GatewaySocket } from './request.ts';

/**
 * Tells the server how recordings stand, the latest of each, and what is wrong with the vault: one at a time, and again after a
 * connection was lost, until the server has it.
 */
export class ReportQueue {
  readonly #socket: GatewaySocket;
  readonly #logger: Logger;
  /** By what they are about. */
  readonly #waiting = new Map<string, () => Promise<unknown>>();
  #sending: Promise<void> | null = null;

  constructor(socket: GatewaySocket, logger: Logger) {
    this.#socket = socket;
    this.#logger = logger;
  }

  push(view: RecordingView): void {
    this.#add(`recording ${view.id}`, () =>
      request(this.#socket, 'recording:report', { recording: view }),
    );
  }

  alarm(alarm: VaultAlarm): void {
    this.#add(`alarm ${JSON.stringify(alarm)}`, () => request(this.#socket, 'vault:alarm', alarm));
  }

  /** Resolves when nothing waits, or the server cannot be reached. */
  async flush(): Promise<void> {
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
    await this.#sending;
  }

  async #send(): Promise<void> {
    for (let next = this.#first(); next !== undefined; next = this.#first()) {
      if (!this.#socket.connected) return;
      const [about, tell] = next;
      try {
        await tell();
      } catch (error) {
        // No answer: it waits for the next connection or the next change.
        if (!(error instanceof AppError)) return;
        const { code, message } = error;
        this.#logger.warn({ about, code, message }, 'report() | refused');
      }
      if (this.#waiting.get(about) === tell) this.#waiting.delete(about);
    }
  }

  #add(about: string, tell: () => Promise<unknown>): void {
    this.#waiting.set(about, tell);
    void this.flush();
  }

  #first(): [string, () => Promise<unknown>] | undefined {
    return this.#waiting.entries().next().value;
  }
}
