import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openSource } from '../format/ByteSource.ts';
import { syncDirectory } from '../format/durable.ts';
import { isCode } from '../format/secretFile.ts';
import { checked } from './content.ts';
import { NOT_KEPT, type Content, type FileStore, type Keep, type StoredFile } from './FileStore.ts';

/** A directory of the local disk. It keeps nothing from whoever may write there. */
export class DiskStore implements FileStore {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  get label(): string {
    return this.directory;
  }

  async check(): Promise<void> {}

  async put(name: string, content: Content, _keep: Keep, signal?: AbortSignal): Promise<void> {
    const path = join(this.directory, name);
    const fresh = `${path}.new`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      const handle = await open(fresh, 'w', 0o600);
      try {
        for await (const piece of checked(content)) {
          signal?.throwIfAborted();
          await handle.write(piece);
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(fresh, path);
    } catch (error) {
      await rm(fresh, { force: true });
      throw error;
    }
    await syncDirectory(dirname(path));
  }

  async open(name: string): Promise<StoredFile | null> {
    try {
      const file = await openSource(join(this.directory, name));
      return { ...file, version: `${file.size} ${file.changed}`, keep: NOT_KEPT };
    } catch (error) {
      if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return null;
      throw error;
    }
  }

  async *list(folder: string): AsyncGenerator<string> {
    try {
      for (const name of (await readdir(join(this.directory, folder))).sort()) {
        if (!name.endsWith('.new')) yield name;
      }
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error;
    }
  }

  async keep(): Promise<void> {}

  async remove(folder: string): Promise<void> {
    const path = join(this.directory, folder);
    await rm(path, { recursive: true, force: true });
    try {
      // Else a power cut could bring back what the trail says is gone.
      await syncDirectory(dirname(path));
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error;
    }
  }

  close(): void {}
}
