import type { FileHandle } from 'node:fs/promises';
import { plainIo, type FileIo } from '../format/FileIo.ts';
import { nativeFiles, type DoTasks, type FileJobs, type FileTask } from './nativeFiles.ts';

const NOTHING = new Uint8Array();

/**
 * Files of all recordings: what is asked for in one turn is done in one job, one after the other. What comes while a disk is
 * busy waits for the next job, so that a slow one is asked less often and holds up no packet.
 */
export class BatchedIo implements FileIo {
  readonly #appends: Batches;
  readonly #syncs: Batches;

  /** Default: by whatever is built. */
  constructor({ append, sync }: FileJobs = nativeFiles ?? plainFiles) {
    this.#appends = new Batches(append);
    this.#syncs = new Batches(sync);
  }

  async append(file: FileHandle, bytes: Uint8Array): Promise<void> {
    await this.#appends.add({ file, bytes });
  }

  async sync(file: FileHandle): Promise<void> {
    await this.#syncs.add({ file, bytes: NOTHING });
  }
}

interface Waiting extends FileTask {
  settle: (error: Error | undefined) => void;
}

/** Tasks of one kind. */
class Batches {
  readonly #doTasks: DoTasks;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(doTasks: DoTasks) {
    this.#doTasks = doTasks;
  }

  add(task: FileTask): Promise<undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const settle: Waiting['settle'] = (error) => (error ? reject(error) : resolve(undefined));
    this.#waiting.push({ ...task, settle });
    if (!this.#isRunning) {
      this.#isRunning = true;
      // After all else that is asked for in this turn.
      queueMicrotask(() => void this.#run());
    }
    return promise;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const tasks = this.#waiting;
      this.#waiting = [];
      const errors = await this.#doTasks(tasks);
      tasks.forEach(({ settle }, index) => settle(errors[index]));
    }
    this.#isRunning = false;
  }
}

/** Where the native ones are not built. */
export const plainFiles: FileJobs = {
  append: oneByOne(({ file, bytes }) => plainIo.append(file, bytes)),
  sync: oneByOne(({ file }) => plainIo.sync(file)),
};

/** On one thread of Node's four. */
function oneByOne(act: (task: FileTask) => Promise<void>): DoTasks {
  return async (tasks) => {
    const errors: (Error | undefined)[] = [];
    for (const task of tasks) {
      try {
        await act(task);
        errors.push(undefined);
      } catch (error) {
        errors.push(error as Error);
      }
    }
    return errors;
  };
}
