import { writeManifest } from '../format/manifest.ts';
import type { OpenState, StateJournal } from './StateJournal.ts';

export interface StateKeeperOptions {
  journal: StateJournal;
  vaultDirectory: string;
  /** Of the recording. */
  directory: string;
  /** As it is now; undefined: nothing is to be written any more. */
  state: () => OpenState | undefined;
}

/** Keeps journal and manifest of one open recording as they are: one write after the other. */
export class StateKeeper {
  readonly #options: StateKeeperOptions;
  #saving: Promise<void> = Promise.resolve();
  #isWanted = false;

  constructor(options: StateKeeperOptions) {
    this.#options = options;
  }

  /** Resolves when all that was wanted so far is written, or failed to be. */
  get whenSaved(): Promise<void> {
    return this.#saving;
  }

  /** Together with whatever else changes until then. */
  saveSoon(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    // Only a note: a disk that is full shows in the logs of the tracks, which are looked at.
    void this.save().catch(() => undefined);
  }

  /** As it is when all earlier writes are done. Errors: those of the file system. */
  save(): Promise<void> {
    const { journal, vaultDirectory, directory } = this.#options;
    const write = async (): Promise<void> => {
      this.#isWanted = false;
      const state = this.#options.state();
      if (state === undefined) return;
      await journal.write(directory, state);
      await writeManifest(vaultDirectory, state.manifest, state.recipient);
    };
    const saved = this.#saving.then(write);
    this.#saving = saved.catch(() => undefined);
    return saved;
  }
}
