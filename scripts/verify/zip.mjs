// @ts-check
import { openSync, readSync, closeSync, fstatSync } from 'node:fs';
import { crc32 } from './crc32.mjs';
import { Fault, must } from './Fault.mjs';

/*
 * Reads a zip as the server writes it, and no other: stored files one after the other, each with its sums
 * behind it, then the directory. Whatever is not a name, a size, a sum or content has one right value, so that
 * no byte can be changed without notice.
 */

const END_BYTES = 22;
const ZIP64_END_BYTES = 56;
const ZIP64_LOCATOR_BYTES = 20;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const CHUNK = 1024 * 1024;
const MAX_32 = 0xffff_ffff;
/** UTF-8 names, sums behind the content. */
const FLAGS = 0x0808;
/** 1980-01-01. */
const DATE = 0x21;
/** Unix, version 6.3 of the specification. */
const MADE_BY = (3 << 8) | 63;
const ATTRIBUTES = (0o100644 << 16) >>> 0;
/** How every age file begins (https://age-encryption.org/v1). */
const AGE = 'age-encryption.org/v1\n';

/** @typedef {{ name: string, size: number, crc: number, start: number, local: number }} Entry */

/** An open zip. */
export class Zip {
  /** @type {Map<string, Entry>} */
  entries = new Map();
  #fd;
  #size;

  /**
   * Reads the directory. Throws a `Fault`.
   * @param {string} path
   */
  constructor(path) {
    this.#fd = openSync(path, 'r');
    this.#size = fstatSync(this.#fd).size;
    try {
      this.#readDirectory();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close() {
    closeSync(this.#fd);
  }

  /**
   * A small file, whole.
   * @param {string} name
   */
  read(name) {
    return Buffer.concat([...this.chunks(name)]);
  }

  /**
   * A file's content, some at a time.
   * @param {string} name
   * @returns {Generator<Buffer>}
   */
  *chunks(name) {
    const entry = this.entries.get(name);
    must(entry !== undefined, `${name} is missing from the zip.`);
    for (let at = 0; at < entry.size; at += CHUNK) {
      yield this.#bytes(entry.start + at, Math.min(CHUNK, entry.size - at));
    }
  }

  /**
   * Checks the sum that the zip has of a file.
   * @param {string} name
   */
  checkSum(name) {
    let crc = 0;
    for (const chunk of this.chunks(name)) crc = crc32(chunk, crc);
    must(this.entries.get(name)?.crc === crc, `${name} is not as its checksum in the zip says.`);
  }

  #readDirectory() {
    must(this.#size >= END_BYTES, 'The file is no zip: it is too short.');
    must(
      this.#bytes(0, END_BYTES).toString('latin1') !== AGE,
      'The file is an age file: open it first, as in age -d -i key.txt -o export.zip export.zip.age.',
    );
    const end = this.#bytes(this.#size - END_BYTES, END_BYTES);
    must(end.readUInt32LE(0) === 0x06054b50, 'The end of the zip is missing or was changed.');
    let [count, size, offset] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)];
    let endAt = this.#size - END_BYTES;
    if (count === 0xffff || size === MAX_32 || offset === MAX_32) {
      endAt -= ZIP64_END_BYTES + ZIP64_LOCATOR_BYTES;
      must(endAt >= 0, 'The end of the zip was changed: it has no long form.');
      const long = this.#bytes(endAt, ZIP64_END_BYTES);
      [count, size, offset] = [number(long, 32), number(long, 40), number(long, 48)];
    }
    must(
      offset + size === endAt,
      'The directory of the zip is not where its end says; something was added, cut or changed.',
    );
    const directory = this.#bytes(offset, size);
    let at = 0;
    let next = 0;
    for (let index = 0; index < count; index++) {
      const entry = this.#entry(directory, at, next, index);
      must(!this.entries.has(entry.name), `${entry.name} is in the zip twice.`);
      this.entries.set(entry.name, entry);
      at += centralOf(entry).length;
      next = entry.start + entry.size + descriptorOf(entry).length;
    }
    must(at === size, 'The directory of the zip has more in it than its end says.');
    must(next === offset, 'There are bytes between the files of the zip and its directory.');
    const rightEnd = endOf(count, size, offset);
    const found = this.#bytes(endAt, this.#size - endAt);
    must(found.equals(rightEnd), 'The end of the zip was changed.');
  }

  /**
   * @param {Buffer} directory
   * @param {number} at where its record is there
   * @param {number} local where the file must begin
   * @param {number} index
   * @returns {Entry}
   */
  #entry(directory, at, local, index) {
    const broken = `The directory of the zip was changed at file ${index + 1}.`;
    must(at + CENTRAL_BYTES <= directory.length, broken);
    const nameEnd = at + CENTRAL_BYTES + directory.readUInt16LE(at + 28);
    must(nameEnd <= directory.length, broken);
    const name = directory.toString('utf8', at + CENTRAL_BYTES, nameEnd);
    let size = directory.readUInt32LE(at + 24);
    if (size === MAX_32) {
      must(nameEnd + 28 <= directory.length, broken);
      size = number(directory, nameEnd + 4);
    }
    const crc = directory.readUInt32LE(at + 16);
    const start = local + LOCAL_BYTES + Buffer.byteLength(name);
    const entry = { name, size, crc, start, local };
    const right = centralOf(entry);
    const printable = JSON.stringify(name);
    must(
      directory.subarray(at, at + right.length).equals(right),
      `The directory of the zip was changed where it tells of ${printable}.`,
    );
    const head = localOf(entry);
    must(
      this.#bytes(local, head.length).equals(head),
      `The head of ${printable} in the zip was changed.`,
    );
    const descriptor = descriptorOf(entry);
    must(
      this.#bytes(start + size, descriptor.length).equals(descriptor),
      `What follows ${printable} in the zip was changed.`,
    );
    return entry;
  }

  /**
   * @param {number} offset
   * @param {number} length
   */
  #bytes(offset, length) {
    if (offset < 0 || length < 0 || offset + length > this.#size) {
      throw new Fault('The zip was cut off, or tells of more than it has.');
    }
    const buffer = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const read = readSync(this.#fd, buffer, filled, length - filled, offset + filled);
      must(read > 0, 'The zip was cut off while it was read.');
      filled += read;
    }
    return buffer;
  }
}

/**
 * @param {Buffer} bytes
 * @param {number} at
 */
function number(bytes, at) {
  const value = bytes.readBigUInt64LE(at);
  must(value <= BigInt(Number.MAX_SAFE_INTEGER), 'The directory of the zip was changed: a size.');
  return Number(value);
}

/** @param {Entry} entry */
function isLong({ size, local }) {
  return size >= MAX_32 || local >= MAX_32;
}

/** @param {Entry} entry */
function localOf({ name }) {
  const head = Buffer.alloc(LOCAL_BYTES);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt16LE(FLAGS, 6);
  head.writeUInt16LE(DATE, 12);
  head.writeUInt16LE(Buffer.byteLength(name), 26);
  return Buffer.concat([head, Buffer.from(name)]);
}

/** @param {Entry} entry */
function descriptorOf(entry) {
  const { crc, size } = entry;
  const bytes = Buffer.alloc(isLong(entry) ? 24 : 16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(crc, 4);
  if (isLong(entry)) {
    bytes.writeBigUInt64LE(BigInt(size), 8);
    bytes.writeBigUInt64LE(BigInt(size), 16);
  } else {
    bytes.writeUInt32LE(size, 8);
    bytes.writeUInt32LE(size, 12);
  }
  return bytes;
}

/** @param {Entry} entry */
function centralOf(entry) {
  const { name, size, crc, local } = entry;
  const long = isLong(entry);
  const head = Buffer.alloc(CENTRAL_BYTES);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(MADE_BY, 4);
  head.writeUInt16LE(long ? 45 : 20, 6);
  head.writeUInt16LE(FLAGS, 8);
  head.writeUInt16LE(DATE, 14);
  head.writeUInt32LE(crc, 16);
  head.writeUInt32LE(long ? MAX_32 : size, 20);
  head.writeUInt32LE(long ? MAX_32 : size, 24);
  head.writeUInt16LE(Buffer.byteLength(name), 28);
  head.writeUInt16LE(long ? 28 : 0, 30);
  head.writeUInt32LE(ATTRIBUTES, 38);
  head.writeUInt32LE(long ? MAX_32 : local, 42);
  const extra = Buffer.alloc(long ? 28 : 0);
  if (long) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    [size, size, local].forEach((value, i) => extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i));
  }
  return Buffer.concat([head, Buffer.from(name), extra]);
}

/**
 * @param {number} count
 * @param {number} size of the directory
 * @param {number} offset of the directory
 */
function endOf(count, size, offset) {
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, 0xffff), 8);
  end.writeUInt16LE(Math.min(count, 0xffff), 10);
  end.writeUInt32LE(Math.min(size, MAX_32), 12);
  end.writeUInt32LE(Math.min(offset, MAX_32), 16);
  if (count < 0xffff && size < MAX_32 && offset < MAX_32) return end;
  const long = Buffer.alloc(ZIP64_END_BYTES + ZIP64_LOCATOR_BYTES);
  long.writeUInt32LE(0x06064b50, 0);
  long.writeBigUInt64LE(BigInt(ZIP64_END_BYTES - 12), 4);
  long.writeUInt16LE(MADE_BY, 12);
  long.writeUInt16LE(45, 14);
  [count, count, size, offset].forEach((value, i) => {
    long.writeBigUInt64LE(BigInt(value), 24 + 8 * i);
  });
  long.writeUInt32LE(0x07064b50, ZIP64_END_BYTES);
  long.writeBigUInt64LE(BigInt(offset + size), ZIP64_END_BYTES + 8);
  long.writeUInt32LE(1, ZIP64_END_BYTES + 16);
  return Buffer.concat([long, end]);
}
