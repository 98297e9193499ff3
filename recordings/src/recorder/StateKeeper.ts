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
    return this.#write(async (state) => {
      this.#isWanted = false;
      await this.#options.journal.write(this.#options.directory, state);
      await writeManifest(this.#options.vaultDirectory, state.manifest, state.recipient);
    });
  }

  /** The journal alone, which costs little. */
  saveJournal(): Promise<void> {
    return this.#write((state) => this.#options.journal.write(this.#options.directory, state));
  }

  #write(write: (state: OpenState) => Promise<void>): Promise<void> {
    const saved = this.#saving.then(async () => {
      const state = this.#options.state();
      if (state !== undefined) await write(state);
    });
    this.#saving = saved.catch(() => undefined);
    return saved;
  }
}
