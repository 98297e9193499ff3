import {
  mkdtemp,
  open,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outline } from './outline.ts';
import { decodePackets, encodePackets } from './packets.ts';
import { SealError } from './SealError.ts';
import { SealedLogReader, type LogEnd } from './SealedLogReader.ts';
import { SealedLogWriter } from './SealedLogWriter.ts';

const INFO = {
  recordingId: 'r1',
  name: 't1',
  content: 'opus' as const,
  startPosition: 4800,
  preSkip: 312,
};

let directory: string;
let identity: string;
let recipient: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sealed-'));
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});
afterEach(async () => await rm(directory, { recursive: true }));

async function make(name: string, texts: string[], end = true): Promise<string> {
  const path = join(directory, name);
  const log = await SealedLogWriter.create(path, INFO, recipient);
  texts.forEach((text, index) => log.append(Buffer.from(text), (index + 1) * 100));
  await log.end(1000);
  // As if its writer had died: without the end record, 11 + 16 bytes.
  if (!end) await truncate(path, log.size - 59);
  return path;
}

async function readAll(path: string): Promise<{ texts: string[]; end: LogEnd | null }> {
  const log = await SealedLogReader.open(path, identity);
  const texts: string[] = [];
  try {
    for await (const { plaintext } of log.records()) texts.push(plaintext.toString());
  } finally {
    await log.close();
  }
  return { texts, end: log.end };
}

describe('a sealed log', () => {
  it('gives back its header, its records in order, and its end', async () => {
    const path = await make('a', ['one', 'two', 'three']);
    expect(await readAll(path)).toEqual({
      texts: ['one', 'two', 'three'],
      end: { how: 'clean', clock: 1000 },
    });
    const log = await SealedLogReader.open(path, identity);
    expect(log.header).toMatchObject(INFO);
    await log.close();
  });

  it('is readable by its owner only and shows nothing of its content', async () => {
    // Of such a length that none of them comes about by chance.
    const names = { recordingId: 'recording-of-the-board', name: 'track-of-anna' };
    const path = join(directory, 'a');
    const log = await SealedLogWriter.create(path, { ...INFO, ...names }, recipient);
    log.append(Buffer.from('what was said'), 100);
    await log.end(480);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const bytes = (await readFile(path)).toString('latin1');
    for (const secret of ['what was said', ...Object.values(names), '"content":"opus"']) {
      expect(bytes).not.toContain(secret);
    }
  });

  it('tells its SHA-256 and size at its end, as the outline without a key does', async () => {
    const path = join(directory, 'a');
    const log = await SealedLogWriter.create(path, INFO, recipient);
    log.append(Buffer.from('one'), 100);
    const sha256 = await log.end(480);
    expect(await outline(path)).toEqual({
      wholeBytes: log.size,
      size: log.size,
      records: 2,
      clock: 480,
      ended: true,
      mark: Buffer.alloc(32),
      sha256,
    });
  });

  it('refuses to be opened with another key', async () => {
    const path = await make('a', ['one']);
    identity = await generateX25519Identity();
    await expect(readAll(path)).rejects.toMatchObject({ fault: 'wrong-key' });
  });

  it('detects a change of any one byte', async () => {
    const path = await make('a', ['one', 'two']);
    const bytes = await readFile(path);
    const undetected: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 0x01;
      const other = join(directory, 'changed');
      await writeFile(other, changed);
      const result = await readAll(other).catch((error: unknown) => error);
      // A length that reaches beyond the file looks torn: the record is not given, and no clean end.
      const detected =
        result instanceof SealError || (result as { end: LogEnd }).end.how === 'torn';
      if (!detected) undetected.push(at);
    }
    expect(undetected).toEqual([]);
  }, 30_000);

  it('detects records that were swapped, left out, repeated or taken from another file', async () => {
    const path = await make('a', ['one', 'two']);
    const bytes = await readFile(path);
    // Every record here is 43 + 3 + 16 bytes; the end record is 43 + 16.
    const end = bytes.length - 59;
    const [head, one, two] = [
      bytes.subarray(0, end - 124),
      bytes.subarray(end - 124, end - 62),
      bytes.subarray(end - 62, end),
    ];
    const last = bytes.subarray(end);
    const other = await readFile(await make('b', ['one', 'two']));
    const forged = [
      [head, two, one, last],
      [head, two, last],
      [head, one, last],
      [head, one, one, two, last],
      [head, other.subarray(end - 124, end - 62), two, last],
      [other.subarray(0, end - 124), one, two, last],
      [head, one, two, last, last],
    ];
    for (const parts of forged) {
      await writeFile(path, Buffer.concat(parts));
      await expect(readAll(path)).rejects.toMatchObject({ fault: 'tampered' });
    }
  });

  it('goes around what was changed or left out, and says where', async () => {
    const path = await make('a', ['one', 'two', 'three', 'four']);
    const bytes = await readFile(path);
    const first = bytes.length - 59 - 62 - 62 - 64 - 63;
    const read = async (changed: Buffer): Promise<string> => {
      await writeFile(path, changed);
      const log = await SealedLogReader.open(path, identity);
      const parts: string[] = [];
      for await (const part of log.parts()) {
        parts.push('damaged' in part ? `(${part.length})` : part.plaintext.toString());
      }
      await log.close();
      return [...parts, log.end!.how].join(' ');
    };
    // The head's length, type, clock and mark, the ciphertext, the tag: of the second record.
    for (const at of [0, 3, 4, 6, 20, 43, 61]) {
      const changed = Buffer.from(bytes);
      changed[first + 62 + at]! ^= 0x41;
      expect([at, await read(changed)]).toEqual([at, 'one (62) three four clean']);
    }
    const without = Buffer.concat([bytes.subarray(0, first + 62), bytes.subarray(first + 124)]);
    expect(await read(without)).toBe('one (0) three four clean');
    const noEnd = Buffer.from(bytes);
    noEnd[bytes.length - 1]! ^= 1;
    expect(await read(noEnd)).toBe('one two three four (59) open');
  });

  it('gives the good part of a file that was torn anywhere', async () => {
    const path = await make('a', ['one', 'two'], false);
    const bytes = await readFile(path);
    expect((await readAll(path)).end).toEqual({ how: 'open' });
    for (let cut = 1; cut < 62; cut++) {
      await writeFile(path, bytes.subarray(0, bytes.length - cut));
      expect(await readAll(path)).toEqual({
        texts: ['one'],
        end: { how: 'torn', bytes: 62 - cut },
      });
      expect(await outline(path)).toMatchObject({ clock: 100, wholeBytes: bytes.length - 62 });
    }
  });

  it('says so when a write fails, and writes no more', async () => {
    const path = join(directory, 'a');
    const log = await SealedLogWriter.create(path, INFO, recipient);
    const { size } = await stat(path);
    const probe = await open(path);
    const prototype = Object.getPrototypeOf(probe) as FileHandle;
    await probe.close();
    const full = new Error('ENOSPC: no space left on device');
    const spy = vi.spyOn(prototype, 'appendFile').mockRejectedValueOnce(full);
    log.append(Buffer.from('one'), 100);
    await expect(log.flushed()).rejects.toBe(full);
    log.append(Buffer.from('two'), 200);
    await expect(log.end(300)).rejects.toBe(full);
    expect(log.failure).toBe(full);
    expect((await stat(path)).size).toBe(size);
    spy.mockRestore();
  });

  it('never overwrites a file', async () => {
    const path = await make('a', ['one']);
    await expect(SealedLogWriter.create(path, INFO, recipient)).rejects.toMatchObject({
      code: 'EEXIST',
    });
    expect((await readAll(path)).texts).toEqual(['one']);
  });
});

describe('packets of a record', () => {
  it('come back as they were', () => {
    const packets = [
      { position: 0, payload: Buffer.from([1, 2, 3]) },
      { position: 2 ** 40, payload: Buffer.alloc(1275, 7) },
    ];
    expect(decodePackets(encodePackets(packets))).toEqual(packets);
  });

  it('are refused when they reach beyond the record', () => {
    const bytes = encodePackets([{ position: 0, payload: Buffer.alloc(10) }]);
    expect(() => decodePackets(bytes.subarray(0, 12))).toThrow(RangeError);
  });
});
