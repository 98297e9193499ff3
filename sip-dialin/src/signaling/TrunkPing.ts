import type Srf from 'drachtio-srf';

export interface PingTiming {
  /** From one question to the next while the trunk answers, in ms. */
  upMs: number;
  /** The same while it does not. */
  downMs: number;
  /** How long an answer may take, in ms. */
  answerMs: number;
  /** Questions in a row without an answer that make a trunk unreachable. */
  misses: number;
}

/** A trunk that stops answering is known as unreachable 2 s after the question that it misses first. */
export const PING_TIMING: PingTiming = { upMs: 30_000, downMs: 5_000, answerMs: 1_000, misses: 2 };

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
  #missed = 0;
  #timer: NodeJS.Timeout | undefined;
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
    void this.#round();
  }

  /** Twice is silent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    const answered = await this.#ask();
    if (this.#closed) return;
    this.#missed = answered ? 0 : this.#missed + 1;
    const { misses, upMs, downMs } = this.#timing;
    if (answered) this.#become(true);
    else if (this.#missed >= misses) this.#become(false);
    if (this.#missed > 0 && this.#missed < misses) {
      // It may have been a lost packet: asked again at once.
      void this.#round();
      return;
    }
    this.#timer = setTimeout(() => void this.#round(), answered ? upMs : downMs);
  }

  /** Never rejects. */
  async #ask(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#timer = setTimeout(() => resolve(false), this.#timing.answerMs);
    this.#options.ask().then(
      (status) => resolve(!NOBODY.has(status)),
      () => resolve(false),
    );
    const answered = await promise;
    clearTimeout(this.#timer);
    return answered;
  }

  #become(reachable: boolean): void {
    if (this.#reachable === reachable) return;
    this.#reachable = reachable;
    this.#options.onChange(reachable);
  }
}

/** drachtio-srf's types ask for other arguments than it takes. */
type SendRequest = (
  uri: string,
  options: { method: 'OPTIONS' },
  sent: (error: unknown, request: NodeJS.EventEmitter) => void,
) => void;

/** One OPTIONS over drachtio-srf; gives the status of its answer, which 408 is where there is none. */
export async function askOptions(srf: Srf, uri: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const send = srf.request.bind(srf) as unknown as SendRequest;
  send(uri, { method: 'OPTIONS' }, (error, request) => {
    if (error !== null && error !== undefined) {
      reject(error instanceof Error ? error : new Error('OPTIONS not sent', { cause: error }));
      return;
    }
    request.on('response', (response: { status: number }) => {
      if (response.status >= 200) resolve(response.status);
    });
  });
  return promise;
}
