import { parseChildMessage } from './messages.ts';

/** A process as the supervisor sees it; `ended` is called once, after its last message. */
export interface Child {
  onMessage(listener: (message: unknown) => void): void;
  onEnd(listener: (how: string) => void): void;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface SupervisorOptions<Name extends string> {
  /** Who is leant on comes before who leans on it: why it failed tells more. */
  names: readonly Name[];
  fork: (name: Name) => Child;
  /** Told, in one line, what becomes of a process after all were ready. */
  report: (line: string) => void;
  /** How long a process may take to end by itself, in ms. */
  graceMs?: number;
}

/** The first process that could not start; the message is one line that says what to do. */
export class StartError extends Error {}

interface Slot<Name> {
  name: Name;
  child: Child | undefined;
  /** When the running child was forked, ms. */
  startedAt: number;
  /** Ends since it last ran for a while. */
  failures: number;
  restart: NodeJS.Timeout | undefined;
  /** Why it could not start. */
  failure: StartError | undefined;
}

/** After a failure, those before it have so long to say that they failed first. */
const CAUSE_WAIT_MS = 5000;
const FIRST_RESTART_MS = 50;
const SLOWEST_RESTART_MS = 5000;
/** A process that ran this long is well: should it end, it is started again at once. */
const WELL_AFTER_MS = 30_000;

/** Starts processes together, starts again what ends, and takes all down with it. */
export class Supervisor<Name extends string> {
  readonly #options: SupervisorOptions<Name>;
  readonly #slots: Slot<Name>[];
  readonly #infos = new Map<Name, unknown>();
  #starting = Promise.withResolvers<ReadonlyMap<Name, unknown>>();
  #state: 'idle' | 'starting' | 'running' | 'stopping' = 'idle';
  #causeWait: NodeJS.Timeout | undefined;
  /** Called by each end while stopping. */
  #onEnd: () => void = () => undefined;

  constructor(options: SupervisorOptions<Name>) {
    this.#options = options;
    this.#slots = options.names.map((name) => ({
      name,
      child: undefined,
      startedAt: 0,
      failures: 0,
      restart: undefined,
      failure: undefined,
    }));
  }

  /**
   * Resolves when all are ready, with what each told; rejects with a StartError when one fails: its
   * own, or that of one before it by name, which is its cause. Then others still run: `stop()` them.
   */
  start(): Promise<ReadonlyMap<Name, unknown>> {
    if (this.#state === 'idle') {
      this.#state = 'starting';
      for (const slot of this.#slots) this.#fork(slot);
    }
    return this.#starting.promise;
  }

  /** Asks all to end, kills after the grace period what has not, resolves when none is left. */
  async stop(): Promise<void> {
    this.#state = 'stopping';
    for (const { restart } of this.#slots) clearTimeout(restart);
    clearTimeout(this.#causeWait);
    const allEnded = new Promise<void>((resolve) => {
      this.#onEnd = () => {
        if (this.#slots.every(({ child }) => child === undefined)) resolve();
      };
    });
    this.#onEnd();
    this.#killAll('SIGTERM');
    const grace = setTimeout(() => this.#killAll('SIGKILL'), this.#options.graceMs ?? 5000);
    await allEnded;
    clearTimeout(grace);
  }

  #killAll(signal: 'SIGTERM' | 'SIGKILL'): void {
    for (const { child } of this.#slots) child?.kill(signal);
  }

  #fork(slot: Slot<Name>): void {
    const child = this.#options.fork(slot.name);
    slot.child = child;
    slot.startedAt = performance.now();
    child.onMessage((message) => this.#onMessage(slot, message));
    child.onEnd((how) => {
      slot.child = undefined;
      this.#onChildEnd(slot, how);
    });
  }

  #onMessage(slot: Slot<Name>, raw: unknown): void {
    const message = parseChildMessage(raw);
    if (message?.type === 'failed') {
      if (this.#state === 'starting') this.#fail(slot, message.message);
      else this.#options.report(`${slot.name}: ${message.message}`);
    }
    if (message?.type !== 'ready' || this.#state !== 'starting') return;
    this.#infos.set(slot.name, message.info);
    this.#rejectIfFailed();
    if (this.#infos.size < this.#slots.length) return;
    this.#state = 'running';
    this.#starting.resolve(this.#infos);
  }

  #onChildEnd(slot: Slot<Name>, how: string): void {
    if (this.#state === 'stopping') {
      this.#onEnd();
    } else if (this.#state === 'starting') {
      this.#fail(slot, `${slot.name} ended (${how}) before all was ready.`);
    } else {
      this.#restartLater(slot, how);
    }
  }

  #fail(slot: Slot<Name>, line: string): void {
    slot.failure ??= new StartError(line);
    this.#rejectIfFailed();
    // One that hangs is no reason to wait for ever.
    this.#causeWait ??= setTimeout(() => this.#rejectWith(slot.failure), CAUSE_WAIT_MS);
  }

  /** Once nobody before the one that failed can turn out to be the cause. */
  #rejectIfFailed(): void {
    const cause = this.#slots.find(({ name, failure }) => failure || !this.#infos.has(name));
    if (cause?.failure) this.#rejectWith(cause.failure);
  }

  #rejectWith(failure: StartError | undefined): void {
    clearTimeout(this.#causeWait);
    this.#starting.reject(failure);
  }

  #restartLater(slot: Slot<Name>, how: string): void {
    if (performance.now() - slot.startedAt >= WELL_AFTER_MS) slot.failures = 0;
    const delay = Math.min(FIRST_RESTART_MS * 2 ** slot.failures, SLOWEST_RESTART_MS);
    slot.failures += 1;
    this.#options.report(`${slot.name} ended (${how}); it is started again.`);
    slot.restart = setTimeout(() => this.#fork(slot), delay);
  }
}
