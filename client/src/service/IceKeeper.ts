import type { ConnectionState } from 'mediasoup-client/types';

/** Time for the network to come back by itself before ICE is restarted, ms. */
export const GRACE_MS = 2_000;
/** Time a restart has to bring the path back, ms. */
export const RESTART_MS = 5_000;
export const MAX_RESTARTS = 4;

interface Options {
  /** Asks the server for new ICE parameters and applies them. */
  restart: () => Promise<void>;
  /** Called once, when the path could not be brought back. */
  giveUp: () => void;
}

/**
 * Brings one transport's path back: told the states of its ICE connection, it restarts ICE
 * when the path is lost (RFC 8445 section 2.4) and gives up after {@link MAX_RESTARTS}.
 */
export class IceKeeper {
  readonly #options: Options;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #restarts = 0;
  #closed = false;

  constructor(options: Options) {
    this.#options = options;
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  stateChanged(state: ConnectionState): void {
    if (this.#closed) return;
    if (state === 'connected') {
      this.#cancel();
      this.#restarts = 0;
    } else if (state === 'disconnected' && this.#timer === undefined) {
      this.#restartIn(GRACE_MS);
    } else if (state === 'failed') {
      this.#restartIn(0);
    }
  }

  #restartIn(delay: number): void {
    this.#cancel();
    this.#timer = setTimeout(() => this.#restart(), delay);
  }

  #restart(): void {
    if (this.#restarts >= MAX_RESTARTS) {
      this.close();
      this.#options.giveUp();
      return;
    }
    this.#restarts += 1;
    // Armed first: a restart that fails or hangs is tried again all the same.
    this.#restartIn(RESTART_MS);
    this.#options.restart().catch(() => undefined);
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
