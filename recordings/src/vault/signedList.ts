import { createHash } from 'node:crypto';
import type { SigningKey } from '../format/SigningKey.ts';
import type { ZipEntry } from './zipStream.ts';

/**
 * The files of an export with their list, `export.json`, and its signature at the end. `head` is what the list says
 * besides; it is looked at when all files have been read.
 */
export function withSignedList(
  entries: readonly ZipEntry[],
  head: object,
  key: SigningKey,
): ZipEntry[] {
  const list = new FileList();
  let text = Buffer.alloc(0);
  return [
    ...entries.map((entry) => list.watch(entry)),
    {
      name: 'export.json',
      content: lazily(() => {
        text = Buffer.from(`${JSON.stringify({ ...head, files: list.files }, null, 2)}\n`);
        return text;
      }),
    },
    { name: 'export.sig', content: lazily(() => key.sign(text)) },
  ];
}

/** A file that is in memory. */
export function whole(name: string, content: Buffer): ZipEntry {
  return { name, size: content.length, content: [content] };
}

/** A file of lines. */
export async function* lines(source: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const line of source) yield Buffer.from(line.endsWith('\n') ? line : `${line}\n`);
}

/** Notes sizes and sums of files while they are read. */
class FileList {
  readonly files: { name: string; bytes: number; sha256: string }[] = [];

  watch({ content, ...entry }: ZipEntry): ZipEntry {
    return { ...entry, content: this.#watched(entry.name, content) };
  }

  async *#watched(name: string, content: ZipEntry['content']): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
    this.files.push({ name, bytes, sha256: hash.digest('hex') });
  }
}

function* lazily(make: () => Buffer): Generator<Uint8Array> {
  yield make();
}
