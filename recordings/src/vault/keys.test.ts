import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IDENTITY_FILE, loadOrCreateKeys } from './keys.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keys-'));
});
afterEach(async () => await rm(directory, { recursive: true }));

describe('loadOrCreateKeys()', () => {
  it('makes an age key pair that only its owner can read', async () => {
    const keysDir = join(directory, 'new', 'keys');
    const keys = await loadOrCreateKeys(keysDir);
    expect(keys.recipient).toMatch(/^age1[a-z0-9]{58}$/);
    expect(keys.identity).toMatch(/^AGE-SECRET-KEY-1[A-Z0-9]{58}$/);
    expect((await stat(join(keysDir, IDENTITY_FILE))).mode & 0o777).toBe(0o600);
    expect((await stat(keysDir)).mode & 0o777).toBe(0o700);
  });

  it('gives the same keys again, also to several at once', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateKeys(directory)));
    expect(new Set(made.map(({ identity }) => identity)).size).toBe(1);
    expect(new Set(made.map(({ exportKey }) => exportKey.fingerprint)).size).toBe(1);
    expect(await loadOrCreateKeys(directory)).toEqual(made[0]);
    expect((await readdir(directory)).sort()).toEqual(['export-signing.pem', IDENTITY_FILE]);
  });

  it.each(['', 'garbage', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'])(
    'names the file of a key that is none any more, and keeps it (%j)',
    async (content) => {
      const path = join(directory, 'export-signing.pem');
      await writeFile(path, content);
      const why = `${path} holds no Ed25519 key; put it back from a copy.`;
      await expect(loadOrCreateKeys(directory)).rejects.toThrow(why);
      expect(await readFile(path, 'utf8')).toBe(content);
    },
  );
});
