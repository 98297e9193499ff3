import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EngineAnswer, EngineOrder, EngineStat } from './engineOrders.ts';

const PROGRAM = fileURLToPath(new URL('./engineProcess.ts', import.meta.url));
const COUNTER = new URL('./countOpus.ts', import.meta.url).href;

/** The media engine in a process of its own, on one core. */
export class Engine {
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, (answer: EngineAnswer) => void>();
  #lastId = 0;

  /** `countsOpus`: with a wrapper around Opus, which costs a little. */
  constructor(core: number, { countsOpus = false } = {}) {
    const counter = countsOpus ? ['--import', COUNTER] : [];
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', ...counter, PROGRAM];
    this.#child = spawn('taskset', ['-c', String(core), ...node], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (answer: EngineAnswer) => {
      this.#asked.get(answer.id)?.(answer);
      this.#asked.delete(answer.id);
    });
    this.#child.once('exit', (code) => {
      for (const [id, settle] of this.#asked) settle({ id, error: `engine ended: ${code}` });
      this.#asked.clear();
    });
  }

  /** `phonesOnly`: as the server tells when nobody is in the room who came another way. */
  async room(roomId: string, sfuPort: number, phonesOnly = false): Promise<void> {
    await this.#ask({ type: 'room', roomId, sfuPort, phonesOnly });
  }

  async leg(legId: string, roomId: string, port: number): Promise<number> {
    return (await this.#ask({ type: 'leg', legId, roomId, port })) as number;
  }

  async mute(legId: string, muted: boolean): Promise<void> {
    await this.#ask({ type: 'mute', legId, muted });
  }

  async clear(): Promise<void> {
    await this.#ask({ type: 'clear' });
  }

  async stat(): Promise<EngineStat> {
    return (await this.#ask({ type: 'stat' })) as EngineStat;
  }

  async opusOperations(): Promise<number> {
    return (await this.#ask({ type: 'opus' })) as number;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  #ask(order: EngineOrder): Promise<unknown> {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#asked.set(id, ({ value, error }) =>
      error === undefined ? resolve(value) : reject(new Error(error)),
    );
    this.#child.send({ ...order, id });
    return promise;
  }
}
