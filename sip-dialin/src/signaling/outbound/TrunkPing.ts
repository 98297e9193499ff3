export interface PingTiming {
  /** From one question to the next while the trunk answers, in ms. */
  upMs: number;
  /** The same while it does not. */
  downMs: number;
  /** How long an answer may take, in ms. */
  answerMs: number;
}

/** A trunk that stops answering is known as away within half a minute; by a call that it misses, at once. */
const PING_TIMING: PingTiming = { upMs: 30_000, downMs: 5_000, answerMs: 2_000 };

export interface TrunkPingOptions {
  /** Sends one OPTIONS; gives the status of its final answer, or rejects. */
  ask: () => Promise<number>;
  /** Told when it is known for the first time, and of every change. */
  onChange: (reachable: boolean) => void;
  timing?: Partial<PingTiming>;
}

/** Answers that say that nobody is there, or that nobody behind it is (RFC 3261 section 21.5). */
const NOBODY = new Set([408, 502, 503, 504]);

/**
 * Asks a trunk by OPTIONS whether it is there (RFC 3261 section 11), for ever. Whatever answer it
 * gives is as good as another: many refuse OPTIONS. Its owner starts and closes it.
 */
export class TrunkPing {
  readonly #options: TrunkPingOptions;
  readonly #timing: PingTiming;
  #reachable: boolean | undefined;
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  #closed = false;

  constructor(options: TrunkPingOptions) {
    this.#options = options;
    this.#timing = { ...PING_TIMING, ...options.timing };
  }

  /** Undefined until it is known: try it then. */
  get reachable(): boolean | undefined {
    return this.#reachable;
  }

  /** Asks at once. */
  start(): void {
    if (!this.#asking) void this.#round();
  }

  /** It did not answer a call: taken as away until it answers again, which it is asked to at once. */
  suspect(): void {
    this.#become(false);
    this.start();
  }

  /** Twice is silent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#asking = true;
    const answered = await this.#ask();
    this.#asking = false;
    if (this.#isClosed()) return;
    this.#become(answered);
    const { upMs, downMs } = this.#timing;
    this.#timer = setTimeout(() => void this.#round(), answered ? upMs : downMs);
  }

  /** Never rejects. */
  async #ask(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), this.#timing.answerMs);
    this.#timer = timer;
    this.#options.ask().then(
      (status) => resolve(!NOBODY.has(status)),
      () => resolve(false),
    );
    const answered = await promise;
    clearTimeout(timer);
    return answered;
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #become(reachable: boolean): void {
    if (this.#reachable === reachable || this.#closed) return;
    this.#reachable = reachable;
    this.#options.onChange(reachable);
  }
}
