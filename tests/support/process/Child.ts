import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { StringDecoder } from 'node:string_decoder';

export interface ChildOptions {
  /** For messages. */
  name: string;
  command: string;
  args: readonly string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Takes standard output as bytes; it is not kept as text then. */
  onData?: (chunk: Buffer) => void;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Output kept, characters: all of a test's, unless something runs wild. */
const KEPT_OUTPUT = 5_000_000;

/**
 * A program that a test runs: its output can be waited for, and it is ended by its pid. It is killed when the thread that
 * made it is gone, however that went: whoever breaks off a test run leaves nothing behind. Linux.
 */
export class Child {
  readonly name: string;
  /** Resolves once it has ended and its output is read to the end. */
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #output = '';
  #exit: Exit | undefined;

  constructor({ name, command, args, cwd, env = process.env, onData }: ChildOptions) {
    this.name = name;
    // It becomes the program itself, under the same pid.
    const bound = ['--pdeathsig', 'KILL', command, ...args];
    this.#process = spawn('setpriv', bound, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      const decoder = new StringDecoder('utf8');
      const toText = (chunk: Buffer): void => this.#append(decoder.write(chunk));
      stream?.on('data', onData !== undefined && stream === this.#process.stdout ? onData : toText);
    }
    this.#process.stdin?.on('error', () => {}); // It ended first: `exited` tells.
    this.exited = new Promise((resolve) => {
      const ended = (exit: Exit): void => {
        this.#exit = exit;
        this.#append('');
        resolve(exit);
      };
      this.#process.once('error', (error) => {
        this.#append(`\n${error.message}\n`);
        ended({ code: null, signal: null });
      });
      this.#process.once('close', (code, signal) => ended({ code, signal }));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** All that it wrote to standard output and standard error. */
  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  write(text: string): void {
    this.#process.stdin?.write(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Waits until the output matches; rejects when the program ends first or time is over (ms). */
  async waitFor(pattern: RegExp, within = 30_000): Promise<RegExpMatchArray> {
    const timeout = AbortSignal.timeout(within);
    for (;;) {
      const match = this.#output.match(pattern);
      if (match !== null) return match;
      if (!this.running) throw this.#failure(`ended before ${String(pattern)}`);
      if (timeout.aborted) throw this.#failure(`did not say ${String(pattern)} in ${within} ms`);
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#watchers.delete(done);
          timeout.removeEventListener('abort', done);
          resolve();
        };
        this.#watchers.add(done);
        timeout.addEventListener('abort', done);
      });
    }
  }

  /**
   * Asks it to end by `signal` and waits. After `grace` ms it is killed, and that is an error.
   * Twice is silent.
   */
  async stop({
    signal = 'SIGTERM',
    grace = 10_000,
  }: { signal?: NodeJS.Signals; grace?: number } = {}) {
    if (this.#exit !== undefined) return this.#exit;
    this.#process.kill(signal);
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), grace);
    const exit = await this.exited;
    clearTimeout(timer);
    if (exit.signal === 'SIGKILL' && signal !== 'SIGKILL')
      throw this.#failure(`had to be killed ${grace} ms after ${signal}`);
    return exit;
  }

  #append(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
    for (const watcher of [...this.#watchers]) watcher();
  }

  #failure(what: string): Error {
    return new Error(`${this.name} ${what}. Its output ends:\n${this.#output.slice(-3000)}`);
  }
}

/** Runs a program to its end and gives its output; rejects when it fails. */
export async function run(command: string, args: readonly string[]): Promise<string> {
  const child = new Child({ name: command, command, args });
  const { code } = await child.exited;
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}:\n${child.output}`);
  return child.output;
}

/** For programs that end on their own: waits for it, at most `within` ms. */
export async function exitOf(child: Child, within: number): Promise<Exit> {
  const timer = new AbortController();
  const late = once(AbortSignal.any([timer.signal, AbortSignal.timeout(within)]), 'abort');
  const exit = await Promise.race([child.exited, late.then(() => undefined)]);
  timer.abort();
  if (exit === undefined) throw new Error(`${child.name} did not end within ${within} ms.`);
  return exit;
}
