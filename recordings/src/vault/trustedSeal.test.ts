import { cp, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordingState } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JOURNAL_FILE, MIX_ID } from '../format/ids.ts';
import { SEAL_FILE, signSeal, type Seal } from '../format/seal.ts';
import { STARTED_AT, Studio } from '../testing/studio.ts';
import { openVault, type Vault } from './index.ts';

let studio: Studio;
let told: string[];
/** Of `r1`. */
let directory: string;

beforeEach(async () => {
  studio = await Studio.open();
  directory = join(studio.vaultDirectory, 'r1');
  told = [];
  await (await studio.record('r1')).stop(STARTED_AT + 300);
});
afterEach(async () => await studio.close());

/** As it is after a start, with what is known of all recordings. */
function fresh({ vaultDirectory, keys }: Studio = studio, state?: RecordingState): Vault {
  const onDamage = ({ trackId }: { trackId: string }): void => void told.push(trackId);
  const stateOf = (): Promise<RecordingState | null> => Promise.resolve(state ?? null);
  return openVault({ dir: vaultDirectory, ...keys, onDamage, stateOf });
}

const seal = async (): Promise<Seal> =>
  JSON.parse(await readFile(join(directory, SEAL_FILE), 'utf8')) as Seal;

/** Nothing of it is given, and somebody is told why each time. */
async function isRefused(words: string, vault = fresh()): Promise<void> {
  const reads = [
    () => vault.openAudio('r1', MIX_ID),
    () => vault.statements('r1'),
    () => vault.exportZip('r1'),
    () => vault.exportSealedZip('r1'),
  ];
  for (const read of reads) {
    const message = expect.stringContaining(words) as string;
    await expect(read()).rejects.toMatchObject({ code: 'recording-damaged', message });
  }
  expect(told).toEqual(Array(reads.length).fill('seal'));
}

const play = async (studio: Studio): Promise<number> =>
  (await fresh(studio).openAudio('r1', MIX_ID)).size;

describe('the vault refuses a recording', () => {
  it('that somebody else made and sealed, though it opens with the key that is here', async () => {
    const other = await Studio.open();
    const { recipient } = studio.keys;
    await (await other.record('r1', { recipient })).stop(STARTED_AT + 300);
    await rm(directory, { recursive: true });
    await cp(join(other.vaultDirectory, 'r1'), directory, { recursive: true });
    await other.close();
    await isRefused('no recorder here has sealed with');
  });

  it('whose seal was changed', async () => {
    const { sealedAt: _, ...rest } = await seal();
    const changed = { ...rest, sealedAt: '2026-01-02T05:00:00.000Z' };
    await writeFile(join(directory, SEAL_FILE), `${JSON.stringify(changed)}\n`);
    await isRefused('not as it was signed');
    told = [];
    await writeFile(join(directory, SEAL_FILE), 'no seal\n');
    await isRefused('was changed');
  });

  it('whose seal was changed after all of it was read, and that looks as old as before', async () => {
    const vault = fresh();
    expect((await vault.openAudio('r1', MIX_ID)).size).toBeGreaterThan(0);
    const path = join(directory, SEAL_FILE);
    const { atime, mtime } = await stat(path);
    const line = await readFile(path, 'utf8');
    await writeFile(path, line.replace(/"sequence":1/, '"sequence":2'));
    await utimes(path, atime, mtime);
    await isRefused('not as it was signed', vault);
  });

  it('whose seal is that of another recording', async () => {
    await (await studio.record('r2')).stop(STARTED_AT + 300);
    await cp(join(studio.vaultDirectory, 'r2', SEAL_FILE), join(directory, SEAL_FILE));
    await isRefused('not as it was signed');
  });

  it('whose seal is gone, but not one that is still made', async () => {
    await rename(join(directory, SEAL_FILE), join(directory, 'aside'));
    await isRefused('gone from the vault');
    await writeFile(join(directory, JOURNAL_FILE), 'x');
    expect((await fresh().openAudio('r1', MIX_ID)).size).toBeGreaterThan(0);
  });

  it('whose seal is gone though it is known to be sealed, whatever file says that it is made', async () => {
    await rm(join(directory, SEAL_FILE));
    await writeFile(join(directory, JOURNAL_FILE), 'x');
    for (const state of ['sealed', 'failed'] as const) {
      await isRefused('gone from the vault', fresh(studio, state));
      told = [];
      expect(await fresh(studio, state).isThere('r1')).toBe(false);
      expect(told).toEqual(['seal']);
      told = [];
    }
    const made = fresh(studio, 'recording');
    expect((await made.openAudio('r1', MIX_ID)).size).toBeGreaterThan(0);
    expect(await made.isThere('r1')).toBe(true);
    // One that failed and was not sealed as that yet: no seal of it is in the chain.
    await rm(join(studio.vaultDirectory, 'chain.jsonl'));
    const left = fresh(studio, 'failed');
    expect((await left.openAudio('r1', MIX_ID)).size).toBeGreaterThan(0);
    expect(await left.isThere('r1')).toBe(true);
    expect(told).toEqual([]);
  });

  it('of which nothing is left, though something must be', async () => {
    await rm(directory, { recursive: true });
    for (const state of ['sealed', 'failed'] as const) {
      await isRefused('It is gone from the vault', fresh(studio, state));
      told = [];
      expect(await fresh(studio, state).isThere('r1')).toBe(false);
      told = [];
    }
    for (const vault of [fresh(), fresh(studio, 'recording')]) {
      await expect(vault.openAudio('r1', MIX_ID)).rejects.toMatchObject({ code: 'not-found' });
      expect(await vault.isThere('r1')).toBe(true);
    }
    expect(told).toEqual([]);
  });

  it('and a manifest whose own signature is wrong, by a seal that is right', async () => {
    const { key: _, signature: __, ...body } = await seal();
    const signature = studio.key.sign(Buffer.from('another manifest')).toString('base64');
    const manifest = { ...body.manifest, signature };
    const line = signSeal({ ...body, manifest }, studio.key);
    await writeFile(join(directory, SEAL_FILE), `${line}\n`);
    await expect(fresh().statements('r1')).rejects.toMatchObject({ code: 'recording-damaged' });
    expect(told).toEqual(['manifest']);
  });
});

describe('a manifest between its seal and its place', () => {
  const name = (suffix = ''): string => join(directory, `manifest.sealed${suffix}`);

  it('is read where it waits, and no other is believed for that', async () => {
    const older = await Studio.open();
    await (await older.record('r1', { recipient: studio.keys.recipient })).stop(STARTED_AT + 100);
    await rename(name(), name('.new'));
    await cp(join(older.vaultDirectory, 'r1', 'manifest.sealed'), name());
    await older.close();
    expect((await fresh().statements('r1')).timeline).toEqual({ events: [], gaps: [] });
    await expect(fresh().exportZip('r1')).rejects.toMatchObject({ code: 'conflict' });
    expect(told).toEqual([]);
    await cp(name(), name('.new'));
    await expect(fresh().statements('r1')).rejects.toMatchObject({ code: 'recording-damaged' });
    expect(told).toEqual(['manifest']);
    // A recorder that seals it anew has written the manifest, and not the seal yet.
    await writeFile(join(directory, JOURNAL_FILE), 'x');
    await expect(fresh().statements('r1')).rejects.toMatchObject({ code: 'unavailable' });
    for (const state of ['sealed', 'failed'] as const) {
      told = [];
      const vault = fresh(studio, state);
      await expect(vault.statements('r1')).rejects.toMatchObject({ code: 'recording-damaged' });
      expect(told).toEqual(['manifest']);
    }
  });

  it('does not keep from an export what is known to be sealed', async () => {
    await cp(name(), name('.new'));
    await expect(fresh().exportSealedZip('r1')).rejects.toMatchObject({ code: 'conflict' });
    expect(await fresh(studio, 'sealed').exportSealedZip('r1')).toBeDefined();
    expect(await fresh(studio, 'sealed').exportZip('r1')).toBeDefined();
  });

  it('is told to be damaged where it does not open, or is gone', async () => {
    const bytes = await readFile(name());
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(name(), bytes);
    await expect(fresh().statements('r1')).rejects.toMatchObject({ code: 'recording-damaged' });
    await rm(name());
    await expect(fresh().statements('r1')).rejects.toMatchObject({ code: 'recording-damaged' });
    expect(told).toEqual(['manifest', 'manifest']);
  });
});

describe('the keys of recorders', () => {
  const keysDirectory = (): string => join(studio.dataDirectory, 'keys');
  const list = (): string => join(keysDirectory(), 'recorder-keys.txt');

  it('are those of all there were, so that what an earlier one sealed is played', async () => {
    await rm(join(keysDirectory(), 'recorder-signing.pem'));
    const vault = fresh();
    expect((await vault.openAudio('r1', MIX_ID)).size).toBeGreaterThan(0);
    const next = await Studio.open(studio.dataDirectory);
    expect(next.key.fingerprint).not.toBe(studio.key.fingerprint);
    await (await next.record('r2')).stop(STARTED_AT + 300);
    // By a key that came while the server ran.
    expect((await vault.openAudio('r2', MIX_ID)).size).toBeGreaterThan(0);
    expect(await play(next)).toBeGreaterThan(0);
    const keys = [studio.key.publicKey, next.key.publicKey];
    expect((await readFile(list(), 'utf8')).trim().split('\n')).toEqual(keys);
    await Studio.open(studio.dataDirectory);
    expect((await readFile(list(), 'utf8')).trim().split('\n')).toEqual(keys);
  });

  it('are taken over from the chain where they were not noted down yet', async () => {
    await rm(list());
    await rm(join(keysDirectory(), 'recorder-signing.pem'));
    const next = await Studio.open(studio.dataDirectory);
    expect(await play(next)).toBeGreaterThan(0);
    const keys = [studio.key.publicKey, next.key.publicKey];
    expect((await readFile(list(), 'utf8')).trim().split('\n')).toEqual(keys);
  });

  it('are none where the list is gone', async () => {
    await rm(list());
    await isRefused('no recorder here has sealed with');
  });
});
