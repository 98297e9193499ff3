import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../testing/sound.ts';
import { ageFile } from './ageFile.ts';

const run = promisify(execFile);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'age-file-'));
});
afterEach(async () => await rm(directory, { recursive: true }));

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('ageFile()', () => {
  it('is opened by Debian’s age with the identity of each recipient, and of nobody else', async () => {
    const identities = await Promise.all([1, 2, 3].map(() => generateX25519Identity()));
    const [one, two] = await Promise.all(identities.map(identityToRecipient));
    const content = randomBytes(200_001);
    const sealed = join(directory, 'export.zip.age');
    await writeFile(sealed, await collect(await ageFile(chunks(content, 4099), [one!, two!])));
    const opened: boolean[] = [];
    for (const identity of identities) {
      const [key, file] = [join(directory, 'key.txt'), join(directory, 'export.zip')];
      await writeFile(key, `# created: today\n${identity}\n`);
      await rm(file, { force: true });
      // Debian's age, which npm test installs.
      const isOpen = await run('age', ['-d', '-i', key, '-o', file, sealed]).then(
        () => true,
        () => false,
      );
      if (isOpen) expect((await readFile(file)).equals(content)).toBe(true);
      opened.push(isOpen);
    }
    expect(opened).toEqual([true, true, false]);
  });

  it('fails where its source fails, and lets go of it when nobody reads on', async () => {
    const recipient = await identityToRecipient(await generateX25519Identity());
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100_000);
      throw new Error('the disk is gone');
    };
    await expect(ageFile(broken(), [recipient]).then(collect)).rejects.toThrow('the disk is gone');
    let isOpen = false;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      isOpen = true;
      try {
        for (;;) yield Buffer.alloc(100_000);
      } finally {
        isOpen = false;
      }
    };
    for await (const chunk of await ageFile(endless(), [recipient])) if (chunk.length > 0) break;
    await expect.poll(() => isOpen).toBe(false);
  });
});
