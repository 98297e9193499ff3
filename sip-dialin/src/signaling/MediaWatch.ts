/** A call without any media of the caller for so long is over, unless it is on hold. */
export const MEDIA_LOST_LIMIT_MS = 30_000;

/** Watches whether anything is heard of a caller's media, and tells once it has been lost for too long. */
export class MediaWatch {
  readonly #onLost: () => void;
  #held = false;
  #silence: NodeJS.Timeout | undefined;

  constructor(onLost: () => void) {
    this.#onLost = onLost;
  }

  /** A call on hold may be silent as long as it likes. */
  set held(held: boolean) {
    this.#held = held;
    if (held) this.heard();
  }

  heard(): void {
    clearTimeout(this.#silence);
  }

  silentFor(ms: number): void {
    clearTimeout(this.#silence);
    if (this.#held) return;
    this.#silence = setTimeout(this.#onLost, Math.max(MEDIA_LOST_LIMIT_MS - ms, 0));
  }

  /** Twice is silent. */
  close(): void {
    clearTimeout(this.#silence);
  }
}
