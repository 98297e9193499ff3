import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { headerLength } from './header.ts';
import { parseRecordHead, RECORD_END, RECORD_HEAD_BYTES } from './record.ts';

/** What can be told of a sealed file without any key. */
export interface Outline {
  /** Bytes up to the end of the last whole record. */
  wholeBytes: number;
  size: number;
  records: number;
  /** The recording's clock at the last whole record, in samples; 0 when there is none. */
  clock: number;
  /** It has an end record. */
  ended: boolean;
  /** Of the last whole record; `null` when there is none. */
  mark: Buffer | null;
  /** Of the whole records and the head, hexadecimal. */
  sha256: string;
}

/** Walks over the records of a file without opening them. Errors: `SealError`. */
export async function outline(path: string): Promise<Outline> {
  const handle = await open(path, 'r');
  const hash = createHash('sha256');
  const result: Omit<Outline, 'size' | 'sha256'> = {
    ...{ wholeBytes: 0, records: 0, clock: 0, ended: false, mark: null },
  };
  try {
    const { size } = await handle.stat();
    const take = async (offset: number, length: number): Promise<Buffer | null> => {
      if (offset + length > size) return null;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return bytesRead === length ? buffer : null;
    };
    const start = headerLength((await take(0, 12)) ?? Buffer.alloc(0));
    const headBytes = start === null ? null : await take(0, start);
    if (headBytes === null) return { ...result, size, sha256: hash.digest('hex') };
    hash.update(headBytes);
    result.wholeBytes = headBytes.length;
    while (!result.ended) {
      const bytes = await take(result.wholeBytes, RECORD_HEAD_BYTES);
      const head = bytes === null ? null : parseRecordHead(bytes);
      if (head === null) break;
      const record = await take(result.wholeBytes, RECORD_HEAD_BYTES + head.length);
      if (record === null) break;
      hash.update(record);
      result.wholeBytes += record.length;
      result.records++;
      result.clock = head.clock;
      result.mark = head.mark;
      result.ended = head.type === RECORD_END;
    }
    return { ...result, size, sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}
