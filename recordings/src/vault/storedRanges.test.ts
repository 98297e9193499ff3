import { rename, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { INDEX_ID, MANIFEST_ID, sealedFile } from '../format/ids.ts';
import { SealedLogReader } from '../format/SealedLogReader.ts';
import { SealedLogWriter } from '../format/SealedLogWriter.ts';
import { DiskStore } from '../storage/DiskStore.ts';
import { NOT_KEPT, type StoredFile } from '../storage/FileStore.ts';
import { collect, encode, tone } from '../testing/sound.ts';
import { play, STARTED_AT, Studio } from '../testing/studio.ts';
import { Talker } from '../testing/talker.ts';
import { openVault, openVaultFiles, type Vault } from './index.ts';

const ANNA = { id: 'p-anna', name: 'Anna', kind: 'browser' as const };
const LENGTH_MS = 6 * 60_000;

/** A store that is another directory, and counts what it is asked for. */
class CountingStore extends DiskStore {
  /** Bytes. */
  fetched = 0;
  /** By name: how often it was put anew; what is not told does not show. */
  readonly versions = new Map<string, number>();

  override async open(name: string): Promise<StoredFile | null> {
    const file = await super.open(name);
    if (file === null) return null;
    const read = async (...at: Parameters<StoredFile['read']>): Promise<Buffer> => {
      const bytes = await file.read(...at);
      this.fetched += bytes.length;
      return bytes;
    };
    return { ...file, read, version: String(this.versions.get(name) ?? 0) };
  }
}

let studio: Studio;
let store: CountingStore;
let trackId: string;
/** The track as it was played from disk. */
let whole: Buffer;
let told: [name: string, parts: number][];

beforeAll(async () => {
  studio = await Studio.open();
  const recording = await studio.record('r1');
  await recording.addTrack(ANNA, STARTED_AT);
  const said = await encode(tone(440, 10_000));
  const packets = Array.from({ length: LENGTH_MS / 10_000 }, () => said).flat();
  const talker = new Talker(1, packets);
  play(recording, [{ participantId: ANNA.id, talker, fromMs: 0 }], 0, LENGTH_MS);
  await recording.stop(STARTED_AT + LENGTH_MS);
  trackId = recording.view.tracks[0]!.id;
  const audio = await studio.vault.openAudio('r1', trackId);
  whole = await collect(audio.read(0, audio.size));
  store = new CountingStore(join(studio.dataDirectory, 'store'));
  const files = openVaultFiles(studio.vaultDirectory, store);
  await files.upload('r1', async () => NOT_KEPT, new AbortController().signal);
  await files.drop('r1');
}, 60_000);
afterAll(async () => await studio.close());
beforeEach(() => {
  store.fetched = 0;
  told = [];
});

/** As it is after a start. */
function fresh(): Vault {
  const { vaultDirectory: dir, keys } = studio;
  const onDamage = (file: { trackId: string }, parts: readonly unknown[]): void =>
    void told.push([file.trackId, parts.length]);
  return openVault({ dir, files: openVaultFiles(dir, store), ...keys, onDamage });
}

const path = (id: string): string => sealedFile(join(studio.dataDirectory, 'store'), 'r1', id);
const sizeOf = async (id: string): Promise<number> => (await stat(path(id))).size;

async function jump(vault: Vault, place: number): Promise<Buffer> {
  const audio = await vault.openAudio('r1', trackId);
  const at = Math.floor(audio.size * place);
  return await collect(audio.read(at, at + 2000));
}

const wanted = (place: number): Buffer => {
  const at = Math.floor(whole.length * place);
  return whole.subarray(at, at + 2000);
};

/** Runs this with a file of the store changed, and puts it back as it was, its version too. */
async function changed(
  id: string,
  change: (bytes: Buffer) => Buffer,
  { isNew }: { isNew: boolean },
  run: () => Promise<void>,
): Promise<void> {
  const bytes = await readFile(path(id));
  const name = `r1/${basename(path(id))}`;
  await writeFile(path(id), change(Buffer.from(bytes)));
  if (isNew) store.versions.set(name, 1);
  try {
    await run();
  } finally {
    await writeFile(path(id), bytes);
    store.versions.delete(name);
  }
}

const flipped = (bytes: Buffer): Buffer => {
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  return bytes;
};

describe('a recording in the store', () => {
  it('is jumped in by its index and the ranges that are needed, also after a start', async () => {
    const size = await sizeOf(trackId);
    const index = await sizeOf(INDEX_ID);
    expect(size).toBeGreaterThan(1_800_000);
    for (const place of [0.5, 0.9]) {
      store.fetched = 0;
      expect((await jump(fresh(), place)).equals(wanted(place))).toBe(true);
      // The index, heads and the last record, and what is asked for: 64 kB at a time.
      expect(store.fetched).toBeLessThan(index + 300_000);
      expect(store.fetched).toBeGreaterThan(index);
    }
    const vault = fresh();
    await jump(vault, 0.1);
    store.fetched = 0;
    expect((await jump(vault, 0.6)).equals(wanted(0.6))).toBe(true);
    expect(store.fetched).toBeLessThan(140_000);
    const audio = await vault.openAudio('r1', trackId);
    store.fetched = 0;
    expect((await collect(audio.read(0, audio.size))).equals(whole)).toBe(true);
    expect(store.fetched).toBeLessThan(size + 100_000);
  });

  it('is read from end to end once where nobody knows that it was', async () => {
    await rm(join(studio.vaultDirectory, '.checked'), { recursive: true });
    const size = await sizeOf(trackId);
    expect((await jump(fresh(), 0.5)).equals(wanted(0.5))).toBe(true);
    expect(store.fetched).toBeGreaterThan(size);
    store.fetched = 0;
    expect((await jump(fresh(), 0.5)).equals(wanted(0.5))).toBe(true);
    expect(store.fetched).toBeLessThan(size / 2);
  });

  it('is read from end to end for an export, and so is one with another version', async () => {
    const size = await sizeOf(trackId);
    const vault = fresh();
    await jump(vault, 0.5);
    store.fetched = 0;
    await collect(await vault.exportZip('r1'));
    expect(store.fetched).toBeGreaterThan(2 * size);
    await changed(trackId, flipped, { isNew: true }, async () => {
      const { damage } = await vault.openAudio('r1', trackId);
      expect(damage).toHaveLength(1);
    });
    expect(told).toEqual([[trackId, 1]]);
  });

  it('whose bytes change under one version breaks off there, is told, and played around then', async () => {
    const vault = fresh();
    const audio = await vault.openAudio('r1', trackId);
    await changed(trackId, flipped, { isNew: false }, async () => {
      expect((await jump(vault, 0.1)).equals(wanted(0.1))).toBe(true);
      await expect(collect(audio.read(0, audio.size))).rejects.toMatchObject({
        code: 'recording-damaged',
      });
      expect(told).toEqual([[trackId, 1]]);
      const around = await vault.openAudio('r1', trackId);
      expect(around.damage).toHaveLength(1);
      expect((await collect(around.read(0, around.size))).length).toBe(around.size);
    });
    // It is not taken for sound again by what was noted before.
    await changed(trackId, flipped, { isNew: false }, async () => {
      expect((await fresh().openAudio('r1', trackId)).damage).toHaveLength(1);
    });
  });

  it('an export that meets with such a change breaks off, and the next one goes around it', async () => {
    const vault = fresh();
    const zip = await vault.exportZip('r1');
    await changed(trackId, flipped, { isNew: false }, async () => {
      await expect(collect(zip)).rejects.toMatchObject({ code: 'recording-damaged' });
      expect((await collect(await vault.exportZip('r1'))).toString('latin1')).toContain('"fromMs"');
    });
  });
});

describe('a file in which all opens, and which is not the one that was sealed', () => {
  /** Made by who has the recipient only: `bytes` of another, under this name. */
  async function forge(id: string): Promise<Buffer> {
    const { keys, dataDirectory } = studio;
    const log = await SealedLogReader.open(path(id), keys.identity);
    const { recordingId, name, content, startPosition, preSkip } = log.header;
    const file = join(dataDirectory, 'forged.sealed');
    const info = { recordingId, name, content, startPosition, preSkip };
    const forged = await SealedLogWriter.create(file, info, keys.recipient);
    let end = 0;
    for await (const { plaintext, clock } of log.records()) {
      forged.append(plaintext, clock);
      end = clock;
    }
    await forged.end(end);
    await log.close();
    const bytes = await readFile(file);
    await rm(file);
    return bytes;
  }

  it.each([() => trackId, () => 'mix'])('is not played: %#', async (id) => {
    const bytes = await forge(id());
    await changed(
      id(),
      () => bytes,
      { isNew: true },
      async () => {
        const refused = {
          code: 'recording-damaged',
          message: expect.stringContaining('not the one') as string,
        };
        await expect(fresh().openAudio('r1', id())).rejects.toMatchObject(refused);
      },
    );
    expect(told).toEqual([[id(), 0]]);
    expect((await jump(fresh(), 0.5)).equals(wanted(0.5))).toBe(true);
  });

  it('nor believed, if it is the manifest', async () => {
    const other = await Studio.open();
    await (await other.record('r1', { recipient: studio.keys.recipient })).stop(STARTED_AT + 100);
    const bytes = await readFile(sealedFile(other.vaultDirectory, 'r1', MANIFEST_ID));
    await other.close();
    await changed(
      MANIFEST_ID,
      () => bytes,
      { isNew: true },
      async () => {
        for (const read of [() => fresh().statements('r1'), () => fresh().exportZip('r1')]) {
          await expect(read()).rejects.toMatchObject({ code: 'recording-damaged' });
        }
      },
    );
    expect(told).toEqual(Array(2).fill([MANIFEST_ID, 0]));
    expect((await fresh().statements('r1')).timeline.events).toHaveLength(1);
  });

  it('on local disk neither', async () => {
    const local = join(studio.vaultDirectory, 'r1');
    const bytes = await forge(trackId);
    await rename(join(store.directory, 'r1'), local);
    await writeFile(sealedFile(studio.vaultDirectory, 'r1', trackId), bytes);
    await expect(fresh().openAudio('r1', trackId)).rejects.toMatchObject({
      code: 'recording-damaged',
    });
  });
});
