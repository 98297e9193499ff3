import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JOURNAL_FILE, sealedFile } from '../format/ids.ts';
import { DiskStore } from '../storage/DiskStore.ts';
import { NOT_KEPT, type Content, type StoredFile } from '../storage/FileStore.ts';
import { collect, encode, tone } from '../testing/sound.ts';
import { play, STARTED_AT, Studio } from '../testing/studio.ts';
import { Talker } from '../testing/talker.ts';
import { ChainCopy } from './ChainCopy.ts';
import { openVault } from './index.ts';
import { VaultFiles } from './VaultFiles.ts';

const ANNA = { id: 'p-anna', name: 'Anna', kind: 'browser' as const };
const signal = new AbortController().signal;
const wanted = async () => NOT_KEPT;

/** A store that is another directory, and can be away. */
class FarStore extends DiskStore {
  isAway = false;
  readonly put_: string[] = [];
  /** Called with each name before it is put. */
  onPut: (name: string) => Promise<void> = async () => undefined;

  override async put(name: string, content: Content): Promise<void> {
    this.#mustBeThere();
    await this.onPut(name);
    this.put_.push(name);
    await super.put(name, content, NOT_KEPT);
  }

  override async open(name: string): Promise<StoredFile | null> {
    this.#mustBeThere();
    return await super.open(name);
  }

  #mustBeThere(): void {
    if (this.isAway) throw new AppError('unavailable', 'The store is away.');
  }
}

let studio: Studio;
let store: FarStore;
let files: VaultFiles;
let trackId: string;

beforeEach(async () => {
  studio = await Studio.open();
  store = new FarStore(join(studio.dataDirectory, 'store'));
  files = new VaultFiles(new DiskStore(studio.vaultDirectory), store);
  trackId = await record('r1');
});
afterEach(async () => await studio.close());

async function record(id: string): Promise<string> {
  const recording = await studio.record(id);
  await recording.addTrack(ANNA, STARTED_AT);
  const talker = new Talker(1, await encode(tone(440, 1000)));
  play(recording, [{ participantId: ANNA.id, talker, fromMs: 0 }], 0, 1500);
  await recording.stop(STARTED_AT + 1500);
  return recording.view.tracks[0]!.id;
}

function vault() {
  const { vaultDirectory: dir, keys } = studio;
  return openVault({ dir, files, ...keys });
}

async function heard(id: string): Promise<Buffer> {
  const audio = await vault().openAudio(id, 'mix');
  return await collect(audio.read(0, audio.size));
}

describe('upload() and drop()', () => {
  it('bring all of it to the store, its seal last, and it is heard as before', async () => {
    const before = await heard('r1');
    expect(await files.sealedHere()).toEqual(['r1']);
    expect(await files.upload('r1', wanted, signal)).toEqual(NOT_KEPT);
    expect(store.put_.sort()).toEqual([
      `r1/${trackId}.sealed`,
      ...['r1/index.sealed', 'r1/manifest.sealed', 'r1/mix.sealed', 'r1/seal.json'],
    ]);
    await files.drop('r1');
    expect(await files.sealedHere()).toEqual([]);
    expect(existsSync(join(studio.vaultDirectory, 'r1'))).toBe(false);
    expect((await heard('r1')).equals(before)).toBe(true);
    expect((await collect(await vault().exportZip('r1'))).length).toBeGreaterThan(before.length);
  });

  it('put nothing again that is there, and a second time nothing at all', async () => {
    await files.upload('r1', wanted, signal);
    store.put_.length = 0;
    await writeFile(join(store.directory, `r1/${trackId}.sealed`), 'another');
    await files.upload('r1', wanted, signal);
    expect(store.put_).toEqual([`r1/${trackId}.sealed`]);
    await files.drop('r1');
    expect(await files.upload('r1', wanted, signal)).toBeNull();
    await files.drop('r1');
  });

  it('leave here what is not what its seal says, or not in it at all', async () => {
    const path = sealedFile(studio.vaultDirectory, 'r1', 'mix');
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(1));
    await expect(files.upload('r1', wanted, signal)).rejects.toMatchObject({ name: 'SealError' });
    await writeFile(path, bytes);
    await files.upload('r1', wanted, signal);
    await writeFile(sealedFile(studio.vaultDirectory, 'r1', 'more'), 'x');
    await expect(files.drop('r1')).rejects.toMatchObject({ code: 'conflict' });
    expect(existsSync(path)).toBe(true);
  });

  it('do not touch what is still made, or not wanted any more', async () => {
    expect(await files.upload('r1', async () => null, signal)).toBeNull();
    await writeFile(join(studio.vaultDirectory, 'r1', JOURNAL_FILE), 'x');
    expect(await files.sealedHere()).toEqual([]);
    expect(await files.upload('r1', wanted, signal)).toBeNull();
    expect(store.put_).toEqual([]);
  });

  it('are finished after a crash in between, by whoever comes next', async () => {
    const before = await heard('r1');
    store.onPut = async (name) => {
      if (name.endsWith('seal.json')) throw new AppError('unavailable', 'killed');
    };
    await expect(files.upload('r1', wanted, signal)).rejects.toThrow('killed');
    store.onPut = async () => undefined;
    const next = new VaultFiles(new DiskStore(studio.vaultDirectory), store);
    await next.upload('r1', wanted, signal);
    await next.drop('r1');
    expect((await heard('r1')).equals(before)).toBe(true);
  });
});

describe('a store that is away', () => {
  it('is not asked for what lies here, and what lies there is unavailable, not gone', async () => {
    await record('r2');
    await files.upload('r1', wanted, signal);
    await files.drop('r1');
    store.isAway = true;
    expect((await heard('r2')).length).toBeGreaterThan(1000);
    const away = { code: 'unavailable' };
    await expect(vault().openAudio('r1', 'mix')).rejects.toMatchObject(away);
    await expect(vault().exportZip('r1')).rejects.toMatchObject(away);
  });

  it('in the middle of an export breaks it off', async () => {
    await files.upload('r1', wanted, signal);
    await files.drop('r1');
    const zip = await vault().exportZip('r1');
    store.isAway = true;
    await expect(collect(zip)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

it('a file that is gone from the store is told, and not taken for one that never was', async () => {
  await files.upload('r1', wanted, signal);
  await files.drop('r1');
  await rm(join(store.directory, 'r1/mix.sealed'));
  await expect(vault().openAudio('r1', 'mix')).rejects.toMatchObject({ code: 'recording-damaged' });
  await expect(vault().openAudio('r1', 'nobody')).rejects.toMatchObject({ code: 'not-found' });
});

it('remove() ends an upload that is under way, and leaves nothing anywhere', async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let removing: Promise<void> | undefined;
  store.onPut = async () => {
    removing ??= files.remove('r1');
    resolve(undefined);
  };
  const uploading = files.upload('r1', wanted, signal);
  await promise;
  await expect(uploading).rejects.toMatchObject({ name: 'AbortError' });
  await removing;
  expect(await Array.fromAsync(store.list('r1'))).toEqual([]);
  expect(existsSync(join(studio.vaultDirectory, 'r1'))).toBe(false);
});

describe('ChainCopy', () => {
  it('puts each seal once, in a file of its own, also after a new start', async () => {
    const disk = new DiskStore(studio.vaultDirectory);
    const kept: string[] = [];
    const keepOf = (sealedAt: Date) => {
      kept.push(sealedAt.toISOString());
      return NOT_KEPT;
    };
    const copy = new ChainCopy(disk, store);
    await copy.copy(keepOf, signal);
    await record('r2');
    await copy.copy(keepOf, signal);
    await record('r3');
    await new ChainCopy(disk, store).copy(keepOf, signal);
    await new ChainCopy(disk, store).copy(keepOf, signal);
    expect(kept).toHaveLength(3);
    const names = await Array.fromAsync(store.list('chain'));
    expect(names).toEqual(['0000000001.json', '0000000002.json', '0000000003.json']);
    const lines = names.map((name) => readFile(join(store.directory, 'chain', name), 'utf8'));
    const chain = await readFile(join(studio.vaultDirectory, 'chain.jsonl'), 'utf8');
    expect((await Promise.all(lines)).join('')).toBe(chain);
  });
});
