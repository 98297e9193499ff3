import { PassThrough, pipeline, Readable } from 'node:stream';
import { ZipFile } from 'yazl';

export interface ZipEntry {
  name: string;
  /** Bytes, when known beforehand. */
  size?: number;
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A zip of files that are read one after the other while it is read; stored, Opus does not shrink. */
export function zipStream(entries: readonly ZipEntry[]): AsyncIterable<Uint8Array> {
  const zip = new ZipFile();
  // Waits for its reader: one file at a time is open, and little of it in memory.
  const output = new PassThrough();
  const fail = (error: unknown): void => {
    output.destroy(error instanceof Error ? error : new Error(String(error)));
  };
  zip.on('error', fail);
  for (const { name, size, content } of entries) {
    const options = { compress: false, ...(size === undefined ? {} : { size }) };
    zip.addReadStreamLazy(name, options, (callback) => {
      callback(null, Readable.from(content, { objectMode: false }));
    });
  }
  zip.end();
  pipeline(zip.outputStream, output, () => undefined);
  return output;
}
