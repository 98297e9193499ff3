import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@switchroom/protocol';
import { isSafeId, JOURNAL_FILE, sealedFile, SEALED_SUFFIX } from '../format/ids.ts';
import { SEAL_FILE, type Seal } from '../format/seal.ts';
import { bytesContent, fileContent, isSame } from '../storage/content.ts';
import type { DiskStore } from '../storage/DiskStore.ts';
import type { Content, FileStore, Keep, StoredFile } from '../storage/FileStore.ts';
import { ReadAhead } from '../storage/ReadAhead.ts';
import { CheckedVersions } from './CheckedVersions.ts';
import { isInChain } from './isInChain.ts';
import { readSeal, type ReadSeal } from './readSeal.ts';

/** Within the vault: what is whole in the store, and is about to be removed here. */
const MOVED = '.moved';

interface Uploading {
  stop: AbortController;
  work: Promise<unknown>;
}

/**
 * Where the files of recordings lie: all of one on local disk, where it was made, or, once it is sealed and has been
 * moved there, all of it in the store. Whoever reads need not know.
 */
export class VaultFiles {
  readonly #disk: DiskStore;
  readonly #store: FileStore | null;
  /** Of files in the store. */
  readonly #checked: CheckedVersions;
  /** By recording. */
  readonly #uploads = new Map<string, Uploading>();

  constructor(disk: DiskStore, store: FileStore | null = null) {
    this.#disk = disk;
    this.#store = store;
    this.#checked = new CheckedVersions(disk);
  }

  /** `name`: `<recordingId>/<file>`; `null` when there is none. Errors: `unavailable`. */
  async open(name: string): Promise<StoredFile | null> {
    return (await this.#find(name))?.file ?? null;
  }

  /**
   * Whether a file is, byte for byte, what its seal says. All of it is read for that; of the store only where that has another
   * version than the one that was read before, or where it is to be `anew`. Errors: `unavailable`.
   */
  async isAsSealed(
    recordingId: string,
    { id, bytes, sha256 }: Seal['files'][number],
    anew = false,
  ): Promise<boolean> {
    const name = id + SEALED_SUFFIX;
    const found = await this.#find(`${recordingId}/${name}`);
    if (found === null) return false;
    const { file, isHere } = found;
    try {
      const { version } = file;
      const isKnown = !isHere && !anew && (await this.#checked.has(recordingId, name, version));
      if (isKnown) return file.size === bytes;
      const isSound = await isSame(file, { size: bytes, sha256 });
      if (isSound && !isHere) await this.#checked.add(recordingId, { [name]: version });
      return isSound;
    } finally {
      await file.close();
    }
  }

  /** Files of it do not give what they gave when they were read: the next `isAsSealed()` reads all of them. */
  async distrust(recordingId: string): Promise<void> {
    await this.#checked.forget(recordingId);
  }

  /** Whether a seal of it is in the chain, which is here wherever the recording lies. All of that is read. */
  async isInChain(recordingId: string): Promise<boolean> {
    return await isInChain(this.#disk.directory, recordingId);
  }

  /** Whether a recorder has it open, or has left it so: what is open lies here. */
  isOpen(recordingId: string): Promise<boolean> {
    return this.#exists(`${recordingId}/${JOURNAL_FILE}`);
  }

  /** Everywhere, for good. Silent when there is none. Errors: `unavailable`, `write-once`. */
  async remove(recordingId: string): Promise<void> {
    const uploading = this.#uploads.get(recordingId);
    uploading?.stop.abort();
    await uploading?.work.catch(() => undefined);
    await this.#disk.remove(recordingId);
    await this.#disk.remove(`${MOVED}/${recordingId}`);
    await this.#checked.forget(recordingId);
    await this.#store?.remove(recordingId);
  }

  /** Recordings that lie here and are sealed, so that they can be moved to the store. */
  async sealedHere(): Promise<string[]> {
    const sealed: string[] = [];
    for await (const id of this.#disk.list('')) {
      if (isSafeId(id) && (await this.#isSealed(id))) sealed.push(id);
    }
    return sealed;
  }

  /**
   * Brings a sealed recording to the store, and reads back what is there: every file is what its seal says, then
   * comes the seal. What is there already is not put again. `prepare` says how long it is to be kept, or
   * `null` that it is not wanted any more; from then on until this is done, `remove()` waits. Gives what `prepare`
   * said; `null` also when it is not sealed. Errors: `SealError` when a file here is not what its seal says;
   * `unavailable`; that of `signal`.
   */
  async upload(
    recordingId: string,
    prepare: () => Promise<Keep | null>,
    signal: AbortSignal,
  ): Promise<Keep | null> {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const work = this.#upload(recordingId, prepare, either);
    this.#uploads.set(recordingId, { stop, work });
    try {
      return await work;
    } finally {
      this.#uploads.delete(recordingId);
    }
  }

  /**
   * Removes here what `upload()` has brought to the store. From one moment to the next it is read from there.
   * Errors: `conflict` when there are files that its seal does not name: these are nowhere else.
   */
  async drop(recordingId: string): Promise<void> {
    const read = await readSeal(this.#disk, recordingId);
    if (read === null) return;
    const known = new Set([...names(read), SEAL_FILE]);
    for await (const name of this.#disk.list(recordingId)) {
      if (known.has(name)) continue;
      throw new AppError('conflict', `${recordingId}/${name} is in no seal; it stays here.`);
    }
    const { directory } = this.#disk;
    await mkdir(join(directory, MOVED), { recursive: true, mode: 0o700 });
    await rename(join(directory, recordingId), join(directory, MOVED, recordingId));
    await this.clear();
  }

  /** Removes what a crash in the middle of `drop()` left. */
  async clear(): Promise<void> {
    await rm(join(this.#disk.directory, MOVED), { recursive: true, force: true });
  }

  /** How long the store keeps a recording that lies there. Errors: `unavailable`, `not-found`. */
  async keep(recordingId: string, keep: Keep): Promise<void> {
    const read = await readSeal(this, recordingId);
    if (read === null || this.#store === null) {
      throw new AppError('not-found', 'There is no such recording in the store.');
    }
    for (const name of [...names(read), SEAL_FILE]) {
      await this.#store.keep(`${recordingId}/${name}`, keep);
    }
  }

  async #upload(
    recordingId: string,
    prepare: () => Promise<Keep | null>,
    signal: AbortSignal,
  ): Promise<Keep | null> {
    if (!(await this.#isSealed(recordingId))) return null;
    const read = await readSeal(this.#disk, recordingId);
    const keep = await prepare();
    if (read === null || keep === null) return null;
    const checked: Record<string, string> = {};
    for (const { id, bytes, sha256 } of read.seal.files) {
      const path = sealedFile(this.#disk.directory, recordingId, id);
      const name = id + SEALED_SUFFIX;
      const content = fileContent(path, bytes, sha256);
      checked[name] = await this.#bring(`${recordingId}/${name}`, content, keep, signal);
    }
    const line = bytesContent(Buffer.from(read.line));
    await this.#bring(`${recordingId}/${SEAL_FILE}`, line, keep, signal);
    await this.#checked.add(recordingId, checked);
    return keep;
  }

  /** Gives the version that was read back. */
  async #bring(name: string, content: Content, keep: Keep, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const store = this.#store!;
    const before = await this.#versionOf(name, content);
    if (before !== null) {
      await store.keep(name, keep);
      return before;
    }
    await store.put(name, content, keep, signal);
    const after = await this.#versionOf(name, content);
    if (after !== null) return after;
    throw new AppError('unavailable', `${name} was put into the store, and is not what is there.`);
  }

  /** Of a file in the store that has this content, which is read from end to end; `null` when there is none. */
  async #versionOf(name: string, content: Content): Promise<string | null> {
    const file = await this.#store!.open(name);
    if (file === null) return null;
    try {
      return (await isSame(file, content)) ? file.version : null;
    } finally {
      await file.close();
    }
  }

  async #find(name: string): Promise<{ file: StoredFile; isHere: boolean } | null> {
    const here = await this.#disk.open(name);
    if (here !== null) return { file: here, isHere: true };
    // What is made or waits here is not there yet: then the store is not asked, it may be away.
    if (this.#store === null || (await this.#isHere(name.split('/')[0]!))) return null;
    const there = await this.#store.open(name);
    if (there === null) return null;
    const { version, keep } = there;
    return { file: Object.assign(new ReadAhead(there), { version, keep }), isHere: false };
  }

  async #isSealed(recordingId: string): Promise<boolean> {
    if (await this.isOpen(recordingId)) return false;
    return await this.#exists(`${recordingId}/${SEAL_FILE}`);
  }

  async #isHere(recordingId: string): Promise<boolean> {
    for await (const _ of this.#disk.list(recordingId)) return true;
    return false;
  }

  async #exists(name: string): Promise<boolean> {
    const file = await this.#disk.open(name);
    await file?.close();
    return file !== null;
  }
}

function names({ seal }: ReadSeal): string[] {
  return seal.files.map(({ id }) => id + SEALED_SUFFIX);
}
