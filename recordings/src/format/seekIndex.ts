import { RECORD_HEAD_BYTES } from './record.ts';

/*
 * The seek index of a recording: for each record of each file how long it is, and how much of the Ogg file is made of it, so
 * that a reader finds any byte of that without opening what comes before (docs/recording-format.md). A record of it is
 * a byte of version, then entries: length of the file's id u8, the id, how many records u16, then so many rows.
 */

/** Another one whenever the same packets make another Ogg file: indexes that were made before are not used then. */
const VERSION = 1;
/** Bytes u32, Ogg bytes u32, pages u32, samples u48. */
const ROW_BYTES = 18;
const MOST_ROWS = 0xffff;

/** One record of a file. */
export interface IndexRow {
  /** Of the record as it lies in the file. */
  bytes: number;
  /** Of the pages that are made of it. */
  oggBytes: number;
  pages: number;
  /** Of these pages: the packets, and the silence before them. */
  samples: number;
}

/** Rows of several files, by id. */
export function encodeIndex(rows: ReadonlyMap<string, readonly IndexRow[]>): Buffer {
  const parts: Buffer[] = [Buffer.from([VERSION])];
  for (const [id, all] of rows) {
    for (let at = 0; at < all.length; at += MOST_ROWS) {
      parts.push(entry(id, all.slice(at, at + MOST_ROWS)));
    }
  }
  return Buffer.concat(parts);
}

function entry(id: string, rows: readonly IndexRow[]): Buffer {
  const name = Buffer.from(id, 'ascii');
  const bytes = Buffer.alloc(3 + name.length + rows.length * ROW_BYTES);
  bytes.writeUInt8(name.length, 0);
  name.copy(bytes, 1);
  let at = bytes.writeUInt16BE(rows.length, 1 + name.length);
  for (const row of rows) {
    at = bytes.writeUInt32BE(row.bytes, at);
    at = bytes.writeUInt32BE(row.oggBytes, at);
    at = bytes.writeUInt32BE(row.pages, at);
    at = bytes.writeUIntBE(row.samples, at, 6);
  }
  return bytes;
}

/** The rows of one file in a record of the index. Throws a RangeError when it is not whole, or of another version. */
export function decodeIndex(bytes: Buffer, id: string): IndexRow[] {
  if (bytes.readUInt8(0) !== VERSION) throw new RangeError('The index is of another version.');
  const rows: IndexRow[] = [];
  for (let at = 1; at < bytes.length;) {
    const first = at + 3 + bytes.readUInt8(at);
    const end = first + bytes.readUInt16BE(first - 2) * ROW_BYTES;
    if (end > bytes.length) throw new RangeError('An entry reaches beyond its record.');
    if (bytes.toString('ascii', at + 1, first - 2) === id) {
      for (let row = first; row < end; row += ROW_BYTES) rows.push(rowAt(bytes, row));
    }
    at = end;
  }
  return rows;
}

function rowAt(bytes: Buffer, at: number): IndexRow {
  const row = {
    bytes: bytes.readUInt32BE(at),
    oggBytes: bytes.readUInt32BE(at + 4),
    pages: bytes.readUInt32BE(at + 8),
    samples: bytes.readUIntBE(at + 12, 6),
  };
  if (row.bytes <= RECORD_HEAD_BYTES) throw new RangeError('A record cannot be so short.');
  return row;
}
