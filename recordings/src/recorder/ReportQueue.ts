import { AppError, type RecordingView } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { request, type GatewaySocket } from './request.ts';

/**
 * Tells the server how recordings stand: the latest of each, one at a time, and again after a
 * connection was lost, until the server has it.
 */
export class ReportQueue {
  readonly #socket: GatewaySocket;
  readonly #logger: Logger;
  readonly #waiting = new Map<string, RecordingView>();
  #sending: Promise<void> | null = null;

  constructor(socket: GatewaySocket, logger: Logger) {
    this.#socket = socket;
    this.#logger = logger;
  }

  push(view: RecordingView): void {
    this.#waiting.set(view.id, view);
    void this.flush();
  }

  /** Resolves when nothing waits, or the server cannot be reached. */
  async flush(): Promise<void> {
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
    await this.#sending;
  }

  async #send(): Promise<void> {
    for (let view = this.#first(); view !== undefined; view = this.#first()) {
      if (!this.#socket.connected) return;
      try {
        await request(this.#socket, 'recording:report', { recording: view });
      } catch (error) {
        // No answer: it waits for the next connection or the next change.
        if (!(error instanceof AppError)) return;
        const { code, message } = error;
        this.#logger.warn({ recordingId: view.id, code, message }, 'report() | refused');
      }
      if (this.#waiting.get(view.id) === view) this.#waiting.delete(view.id);
    }
  }

  #first(): RecordingView | undefined {
    return this.#waiting.values().next().value;
  }
}
