import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../clock.ts';

/** Bytes that wait to be sent at which no more is read, since what is read makes more. */
const PAUSE_BYTES = 256 * 1024;
/** Bytes at which the far end is given up: more than the answers to all that was read before the pause. */
const MAX_BYTES = 1024 * 1024;
/** How long what waits may take to be sent, in milliseconds, as long as a transaction does. */
const STUCK_MS = 32_000;

/**
 * What waits to be sent over a connection. A far end that asks and does not read would have us keep all of its
 * answers: it is not listened to until it has read them, and given up when it does not.
 */
export class Backlog {
  readonly #socket: Duplex;
  readonly #clock: Clock;
  readonly #onStuck: () => void;
  #stuck: Timer | undefined;

  constructor(options: { socket: Duplex; clock: Clock; onStuck: () => void }) {
    this.#socket = options.socket;
    this.#clock = options.clock;
    this.#onStuck = options.onStuck;
    this.#socket.on('drain', () => this.#resume());
  }

  /** To be called after each write. */
  weigh(): void {
    const { writableLength } = this.#socket;
    if (writableLength > MAX_BYTES) this.#onStuck();
    else if (writableLength > PAUSE_BYTES && this.#stuck === undefined) {
      this.#socket.pause();
      this.#stuck = this.#clock.after(STUCK_MS, this.#onStuck);
    }
  }

  /** The connection is closed, or will be once all is sent: what it still says is dropped. */
  close(): void {
    this.#resume();
  }

  #resume(): void {
    if (this.#stuck === undefined) return;
    this.#stuck.cancel();
    this.#stuck = undefined;
    this.#socket.resume();
  }
}
