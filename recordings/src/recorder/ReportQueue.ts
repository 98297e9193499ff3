import {
  AppError,
  type ErrorCode,
  type RecordingView,
  type VaultAlarm,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import { request, type GatewaySocket } from './request.ts';

/** What the server cannot take now, and may later: its disk is full, say. */
const PASSING: readonly ErrorCode[] = ['internal', 'unavailable', 'storage-full'];
/** Then it is told again, ms. */
const AGAIN_MS = 5_000;

/**
 * Tells the server how recordings stand, the latest of each, and what is wrong with the vault: one at a time, and again after a
 * connection was lost or the server could not take it, until it has it.
 */
export class ReportQueue {
  readonly #socket: GatewaySocket;
  readonly #logger: Logger;
  /** By what they are about. */
  readonly #waiting = new Map<string, () => Promise<unknown>>();
  #sending: Promise<void> | null = null;
  #again: NodeJS.Timeout | undefined;

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
    clearTimeout(this.#again);
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
        if (PASSING.includes(code)) {
          this.#later(about, tell);
          return;
        }
      }
      if (this.#waiting.get(about) === tell) this.#waiting.delete(about);
    }
  }

  #add(about: string, tell: () => Promise<unknown>): void {
    this.#waiting.set(about, tell);
    void this.flush();
  }

  /** Behind all others: what one is refused for need not be so for them. */
  #later(about: string, tell: () => Promise<unknown>): void {
    if (this.#waiting.get(about) === tell) {
      this.#waiting.delete(about);
      this.#waiting.set(about, tell);
    }
    this.#again = setTimeout(() => void this.flush(), AGAIN_MS);
    this.#again.unref();
  }

  #first(): [string, () => Promise<unknown>] | undefined {
    return this.#waiting.entries().next().value;
  }
}
