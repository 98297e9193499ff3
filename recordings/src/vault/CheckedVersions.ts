import { z } from 'zod';
import { bytesContent } from '../storage/content.ts';
import type { DiskStore } from '../storage/DiskStore.ts';
import { NOT_KEPT } from '../storage/FileStore.ts';

/** Within the vault. */
const FOLDER = '.checked';

/** By the name of the file. */
const notesSchema = z.record(z.string(), z.string());
type Notes = z.infer<typeof notesSchema>;

/**
 * Which versions of files in the store were read from end to end and found to be what their seals say, so that this need not
 * be done for every jump in a recording. A note that is lost costs such a reading and nothing else. They lie beside
 * the vault, not in the store: whoever can write there cannot write them.
 */
export class CheckedVersions {
  readonly #disk: DiskStore;
  /** One is written at a time. */
  #last: Promise<void> = Promise.resolve();

  constructor(disk: DiskStore) {
    this.#disk = disk;
  }

  async has(recordingId: string, file: string, version: string): Promise<boolean> {
    return (await this.#read(recordingId))[file] === version;
  }

  /** Silent when it cannot be written. */
  async add(recordingId: string, notes: Notes): Promise<void> {
    await this.#inTurn(async () => {
      const all = { ...(await this.#read(recordingId)), ...notes };
      await this.#disk.put(
        nameOf(recordingId),
        bytesContent(Buffer.from(JSON.stringify(all))),
        NOT_KEPT,
      );
    });
  }

  async forget(recordingId: string): Promise<void> {
    await this.#inTurn(() => this.#disk.remove(nameOf(recordingId)));
  }

  async #read(recordingId: string): Promise<Notes> {
    const file = await this.#disk.open(nameOf(recordingId));
    if (file === null) return {};
    try {
      const bytes = await file.read(0, file.size);
      return notesSchema.parse(JSON.parse(bytes.toString()));
    } catch {
      return {};
    } finally {
      await file.close();
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work).catch(() => undefined);
    return this.#last;
  }
}

function nameOf(recordingId: string): string {
  return `${FOLDER}/${recordingId}.json`;
}
