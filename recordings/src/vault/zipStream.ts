import { PassThrough, pipeline, Readable } from 'node:stream';
import { ZipFile } from 'yazl';

export interface ZipEntry {
  name: string;
  /** Bytes, when known beforehand. */
  size?: number;
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * A zip of files that are read one after the other while it is read; stored, Opus does not shrink. But for
 * names, sizes and sums there is nothing in it that could be otherwise: scripts/verify/zip.mjs makes it anew.
 */
export function zipStream(entries: readonly ZipEntry[]): AsyncIterable<Uint8Array> {
  const zip = new ZipFile();
  // Waits for its reader: one file at a time is open, and little of it in memory.
  const output = new PassThrough();
  const fail = (error: unknown): void => {
    output.destroy(error instanceof Error ? error : new Error(String(error)));
  };
  zip.on('error', fail);
  // It can fail before anybody reads; whoever does is told then.
  output.on('error', () => undefined);
  for (const { name, size, content } of entries) {
    const options = {
      ...{ compress: false, mtime: new Date(0), forceDosTimestamp: true, mode: 0o100644 },
      ...(size === undefined ? {} : { size }),
    };
    zip.addReadStreamLazy(name, options, (callback) => {
      // What cannot be read breaks the zip off; it does not look for such errors itself.
      callback(null, Readable.from(content, { objectMode: false }).once('error', fail));
    });
  }
  zip.end();
  pipeline(zip.outputStream, output, () => undefined);
  return output;
}
