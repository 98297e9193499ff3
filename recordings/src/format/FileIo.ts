import type { FileHandle } from 'node:fs/promises';

/** How bytes get into a file that is open for appending, and to the disk. */
export interface FileIo {
  /** Errors: those of the file system. */
  append(file: FileHandle, bytes: Uint8Array): Promise<void>;
  /** Brings what is in it to the disk (fdatasync). The same. */
  sync(file: FileHandle): Promise<void>;
}

/** Each by itself, at once. */
export const plainIo: FileIo = {
  append: async (file, bytes) => await file.appendFile(bytes),
  sync: async (file) => await file.datasync(),
};
