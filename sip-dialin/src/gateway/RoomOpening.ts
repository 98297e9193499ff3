import type { GatewaySocket } from './GatewaySocket.ts';
import { mayPass } from './memberEvents.ts';
import { Pauses } from './Pauses.ts';
import type { RoomConnection } from './RoomConnection.ts';

/** How long phones go on among themselves while the server, or its SFU, is away. */
export const SERVER_AWAY_LIMIT_MS = 10_000;
/** Until a room that did not open again is tried once more. */
export const REOPEN_EVERY_MS = 300;

export interface RoomOpeningOptions {
  connection: Pick<RoomConnection, 'open'>;
  socket: Pick<GatewaySocket, 'connected'>;
  /** Nothing is opened before. */
  after: Promise<void>;
  /** The room does not open, and waiting would not help. */
  onFailed: (error: unknown) => void;
  /** The server did not come back in time. */
  onGivenUp: () => void;
}

/**
 * The opening of a room at the server: the first one, and those after the server had been away, which are tried again
 * for as long as it may come back. Owned by its RoomLink.
 */
export class RoomOpening {
  readonly #options: RoomOpeningOptions;
  #latest: Promise<void>;
  /** Runs while phones that were in are no participants. */
  #awayTimer: NodeJS.Timeout | undefined;
  /** Between two tries. */
  readonly #pauses = new Pauses();
  #closed = false;

  constructor(options: RoomOpeningOptions) {
    this.#options = options;
    this.#latest = options.after.then(() => this.#open());
    this.#latest.catch((error: unknown) => this.#failed(error));
  }

  /** Settles when the latest attempt has ended. */
  get latest(): Promise<void> {
    return this.#latest;
  }

  /** The server is away, and waited for from now on; when it is already, for no longer than that. */
  serverLost(): void {
    this.#awayTimer ??= setTimeout(() => {
      this.#awayTimer = undefined;
      this.#options.onGivenUp();
    }, SERVER_AWAY_LIMIT_MS);
  }

  /** All phones are participants again: nothing is waited for any more. */
  phonesAreBack(): void {
    clearTimeout(this.#awayTimer);
    this.#awayTimer = undefined;
  }

  /** Whether this went wrong because the server is away, and may go better in a moment. */
  isAway(error: unknown): boolean {
    return this.#awayTimer !== undefined && mayPass(error);
  }

  /** Once more, in the place of the attempt that runs. */
  anew(): void {
    const before = this.#latest.catch(() => undefined);
    this.#pauses.endAll();
    const attempt: Promise<void> = before.then(() =>
      this.#openPatiently(() => attempt === this.#latest),
    );
    this.#latest = attempt;
    attempt.catch((error: unknown) => {
      if (attempt === this.#latest) this.#failed(error);
    });
  }

  /** Before something is tried again; cut short by a new attempt, and by the end. */
  async pause(): Promise<void> {
    await this.#pauses.pause(REOPEN_EVERY_MS);
  }

  /** Nothing is opened or told any more; an attempt that runs goes on to its end. Twice is silent. */
  close(): void {
    this.#closed = true;
    this.phonesAreBack();
    this.#pauses.endAll();
  }

  async #open(): Promise<void> {
    if (!this.#closed) await this.#options.connection.open();
  }

  /** Tries again while it may help: until the time for that is over, or another attempt takes the place of this one. */
  async #openPatiently(isLatest: () => boolean): Promise<void> {
    for (;;) {
      try {
        await this.#open();
        return;
      } catch (error) {
        if (!this.isAway(error) || !this.#options.socket.connected) throw error;
        await this.pause();
        if (this.#closed || !isLatest()) throw error;
      }
    }
  }

  #failed(error: unknown): void {
    // Away again, or still: the timer decides, not this attempt.
    if (!this.#closed && !this.isAway(error)) this.#options.onFailed(error);
  }
}
