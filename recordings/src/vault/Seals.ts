import { AppError, type RecordingState } from '@switchroom/protocol';
import { SEAL_ID } from '../format/ids.ts';
import { SEAL_FILE } from '../format/seal.ts';
import { SealError } from '../format/SealError.ts';
import type { SealKeys } from '../format/SealKeys.ts';
import type { AudioFileName } from './AudioIndex.ts';
import { isBeingMade, trustedSeal, type Books, type ReadSeal } from './readSeal.ts';
import { isHalfSealed } from './sealedSources.ts';
import { translated } from './vaultErrors.ts';
import type { VaultFiles } from './VaultFiles.ts';

export interface SealsOptions {
  files: Pick<VaultFiles, 'open' | 'isInChain'>;
  /** Whose seals are trusted. */
  keys: SealKeys;
  /** Default: only the files tell. */
  stateOf?: ((recordingId: string) => Promise<RecordingState | null>) | undefined;
  /** Told of a seal that is not to be believed, or is gone, each time it is asked for. */
  onDamage: (file: AudioFileName) => void;
}

/** The seals of a vault's recordings, and which of these may be without one. */
export class Seals {
  readonly #files: SealsOptions['files'];
  readonly #books: Books;
  readonly #onDamage: SealsOptions['onDamage'];

  constructor({ files, keys, stateOf = () => Promise.resolve(null), onDamage }: SealsOptions) {
    this.#files = files;
    this.#books = { keys, stateOf, isInChain: files.isInChain.bind(files) };
    this.#onDamage = onDamage;
  }

  /** `null` while it is made, and when there is none. Errors: `recording-damaged` for one that is not to be believed; `unavailable`. */
  async of(recordingId: string): Promise<ReadSeal | null> {
    try {
      return await trustedSeal(this.#files, recordingId, this.#books);
    } catch (error) {
      if (error instanceof SealError) this.#onDamage({ recordingId, trackId: SEAL_ID });
      throw translated(error);
    }
  }

  /** Whether it has one, or needs none yet; one that is there is not read. Errors: `unavailable`. */
  async has(recordingId: string): Promise<boolean> {
    const seal = await this.#files.open(`${recordingId}/${SEAL_FILE}`);
    await seal?.close();
    if (seal !== null) return true;
    try {
      await this.of(recordingId);
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'recording-damaged') return false;
      throw error;
    }
  }

  /** Whether a recorder is about to seal it, or will once it finds what another one left. */
  isBeingMade(recordingId: string): Promise<boolean> {
    return isBeingMade(this.#files, recordingId, this.#books);
  }

  /** As a crash leaves it; in one that is known to be sealed, what looks so was put there. */
  async isHalf(recordingId: string): Promise<boolean> {
    if (!(await isHalfSealed(this.#files, recordingId))) return false;
    return (await this.#books.stateOf(recordingId)) !== 'sealed';
  }
}
