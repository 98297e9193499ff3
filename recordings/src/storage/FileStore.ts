import type { ByteSource } from '../format/ByteSource.ts';

/**
 * Where whole files lie for good: a directory, or a bucket. A file is put once and never changed; its name is
 * `<folder>/<file>`. What lies in it is sealed before, so that nothing here needs to be secret.
 *
 * Errors of all: `AppError('unavailable')` when the store cannot be reached or does not do what it is asked,
 * which may be over soon.
 */
export interface FileStore {
  /** For logs: what and where it is, without secrets. */
  readonly label: string;

  /**
   * Whether it can be used as it is set up. Errors: `ConfigError` that names what is wrong with the
   * settings.
   */
  check(): Promise<void>;

  /**
   * Puts a file, whole or not at all, and in the place of one of that name. Errors: `SealError('tampered')`
   * when the content is not what it is said to be; that of `signal`.
   */
  put(name: string, content: Content, keep: Keep, signal?: AbortSignal): Promise<void>;

  /** `null` when there is none of that name. */
  open(name: string): Promise<StoredFile | null>;

  /** The names in a folder, in order; none when there is no such folder. */
  list(folder: string): AsyncIterable<string>;

  /**
   * Keeps a file until then, or longer if it is kept longer already, and puts it under hold or not. A store
   * that cannot keep does nothing. Errors: `AppError('not-found')`.
   */
  keep(name: string, keep: Keep): Promise<void>;

  /**
   * Removes all of a folder, older versions too. Silent when there is none.
   * Errors: `AppError('write-once')` when something of it is kept; it lies there still.
   */
  remove(folder: string): Promise<void>;

  close(): void;
}

/** Nobody can remove a file before `until`, nor as long as it is under hold. */
export interface Keep {
  until: Date | null;
  hold: boolean;
}

export const NOT_KEPT: Keep = { until: null, hold: false };

/** A file that lies in a store, open for reading. */
export interface StoredFile extends ByteSource {
  /** Another one when the file is another. */
  readonly version: string;
  readonly keep: Keep;
}

/** What is to be put. */
export interface Content {
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** From the start, in small pieces; each call reads anew. */
  readonly read: () => AsyncIterable<Buffer>;
}
