import { hash, randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesContent } from './content.ts';
import { NOT_KEPT, type Content, type FileStore } from './FileStore.ts';

/** More than one part of a multipart upload, and no whole number of them. */
const LARGE_BYTES = 10 * 1024 * 1024 + 5;

/** What every engine does. `open` gives an empty store. */
export function storeContract(open: () => Promise<FileStore>): void {
  let store: FileStore;
  beforeAll(async () => {
    store = await open();
    await store.check();
  });
  afterAll(() => store.close());

  const names = (folder: string): Promise<string[]> => Array.fromAsync(store.list(folder));
  const put = (name: string, content: Content): Promise<void> => store.put(name, content, NOT_KEPT);
  const read = async (name: string): Promise<Buffer | null> => {
    const file = await store.open(name);
    if (file === null) return null;
    const bytes = await file.read(0, file.size);
    await file.close();
    return bytes;
  };

  describe('put() and open()', () => {
    it.each([0, 1, 100_000, LARGE_BYTES])('gives %i bytes back as they were', async (size) => {
      const bytes = randomBytes(size);
      await put('sizes/one', bytesContent(bytes));
      const file = (await store.open('sizes/one'))!;
      expect([file.size, file.keep]).toEqual([size, NOT_KEPT]);
      expect((await file.read(0, size)).equals(bytes)).toBe(true);
      const middle = size >> 1;
      expect((await file.read(middle, 10)).equals(bytes.subarray(middle, middle + 10))).toBe(true);
      // Where it ends, there is less, and after that nothing.
      const last = Math.max(0, size - 1);
      expect((await file.read(last, 10)).length).toBe(size - last);
      expect((await file.read(size + 5, 10)).length).toBe(0);
      await file.close();
    });

    it('puts one in the place of another, and tells them apart', async () => {
      const versions = new Set<string>();
      for (const text of ['first', 'other']) {
        await put('again/one', bytesContent(Buffer.from(text)));
        expect((await read('again/one'))?.toString()).toBe(text);
        const file = (await store.open('again/one'))!;
        versions.add(file.version);
        await file.close();
        // The clock of a file system can be coarse.
        await wait(20);
      }
      expect(versions.size).toBe(2);
    });

    it('knows no file that is not there', async () => {
      expect(await store.open('nowhere/one')).toBeNull();
      await put('folder/one', bytesContent(Buffer.from('x')));
      expect(await store.open('folder/on')).toBeNull();
    });

    it.each([1000, LARGE_BYTES])(
      'refuses %i bytes that are not what was said, and leaves nothing of them',
      async (size) => {
        const bytes = randomBytes(size);
        const sha256 = hash('sha256', 'something else', 'hex');
        const wrong = put('wrong/one', { ...bytesContent(bytes), sha256 });
        await expect(wrong).rejects.toMatchObject({ name: 'SealError' });
        const short = put('wrong/two', { ...bytesContent(bytes), size: size + 1 });
        await expect(short).rejects.toMatchObject({ name: 'SealError' });
        expect(await names('wrong')).toEqual([]);
      },
    );

    it('stops when it is told to, and leaves nothing', async () => {
      const stop = new AbortController();
      const content = bytesContent(randomBytes(LARGE_BYTES));
      async function* half(): AsyncGenerator<Buffer> {
        for await (const bytes of content.read()) {
          yield bytes.subarray(0, LARGE_BYTES >> 1);
          stop.abort(new Error('enough'));
          yield bytes.subarray(LARGE_BYTES >> 1);
        }
      }
      const putting = store.put('half/one', { ...content, read: half }, NOT_KEPT, stop.signal);
      await expect(putting).rejects.toThrow('enough');
      expect(await names('half')).toEqual([]);
      // And it can be done after all.
      await put('half/one', content);
      expect(await names('half')).toEqual(['one']);
    });
  });

  it('list() gives the names of one folder, in order', async () => {
    // More than a page of an S3 that is set up for tests.
    const many = Array.from({ length: 45 }, (_, index) => `n${100 + index}`);
    for (const name of many) await put(`many/${name}`, bytesContent(Buffer.from(name)));
    expect(await names('many')).toEqual(many);
    await store.remove('many');
    expect(await names('many')).toEqual([]);

    for (const name of ['list/b', 'list/a', 'list/c', 'list-not/d']) {
      await put(name, bytesContent(Buffer.from(name)));
    }
    expect(await names('list')).toEqual(['a', 'b', 'c']);
    expect(await names('list-none')).toEqual([]);
  });

  it('remove() leaves nothing of a folder, all of others, and is silent twice', async () => {
    for (const name of ['gone/a', 'gone/a', 'gone/b', 'gone2/a']) {
      await put(name, bytesContent(Buffer.from(name)));
    }
    await store.remove('gone');
    await store.remove('gone');
    expect([await read('gone/a'), await names('gone')]).toEqual([null, []]);
    expect((await read('gone2/a'))?.toString()).toBe('gone2/a');
  });
}
