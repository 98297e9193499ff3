import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSource } from '../format/ByteSource.ts';
import { INDEX_ID, sealedFile } from '../format/ids.ts';
import type { IndexRow } from '../format/seekIndex.ts';
import { SealedLogReader } from '../format/SealedLogReader.ts';
import { DiskStore } from '../storage/DiskStore.ts';
import { collect, encode, tone } from '../testing/sound.ts';
import { play, STARTED_AT, Studio } from '../testing/studio.ts';
import { Talker } from '../testing/talker.ts';
import type { Recording } from '../recorder/Recording.ts';
import { AudioIndex } from './AudioIndex.ts';
import { openVault } from './index.ts';
import { readSeal } from './readSeal.ts';
import { storedIndex } from './storedIndex.ts';
import { VaultFiles } from './VaultFiles.ts';

const PEOPLE = ['anna', 'bert', 'cora'].map((id) => ({ id, name: id, kind: 'browser' as const }));

let studio: Studio;
let tracks: string[];

beforeEach(async () => {
  studio = await Studio.open();
});
afterEach(async () => await studio.close());

/** One after the other, with long silences, and for longer than one record of the index. */
async function talk(recorder?: string): Promise<Recording> {
  const recording = await studio.record('r1', recorder === undefined ? {} : { recorder });
  const said = await encode(tone(440, 30_000));
  const parts = PEOPLE.map(({ id }, index) => {
    return { participantId: id, talker: new Talker(index + 1, said), fromMs: index * 25_000 };
  });
  for (const person of PEOPLE) await recording.addTrack(person, STARTED_AT);
  play(recording, parts, 0, 85_000);
  tracks = recording.view.tracks.map(({ id }) => id);
  return recording;
}

const path = (id: string): string => sealedFile(studio.vaultDirectory, 'r1', id);
const rows = async (trackId: string): Promise<IndexRow[]> => {
  const files = new VaultFiles(new DiskStore(studio.vaultDirectory));
  const file = { recordingId: 'r1', trackId };
  const sealed = (await readSeal(files, 'r1'))?.seal.files;
  return (await storedIndex(files, file, sealed, studio.keys.identity)).rows;
};
const build = async (trackId: string, stored: IndexRow[]): Promise<AudioIndex> =>
  await AudioIndex.build(
    () => openSource(path(trackId)),
    { recordingId: 'r1', trackId },
    studio.keys.identity,
    stored,
  );

/** All that a player gets of an index. */
async function played(index: AudioIndex) {
  const { size, damage, length, endPosition } = index;
  const whole = await collect(index.read(0, size, studio.keys.identity));
  // Parts of it, each from another record.
  const parts: Buffer[] = [];
  for (let at = 0; at < size; at += Math.ceil(size / 9)) {
    parts.push(await collect(index.read(at, Math.min(size, at + 700), studio.keys.identity)));
  }
  return { size, damage, length, endPosition, whole, parts };
}

async function records(id: string): Promise<number> {
  const log = await SealedLogReader.open(path(id), studio.keys.identity);
  const all = await Array.fromAsync(log.records());
  await log.close();
  return all.length;
}

describe('the seek index', () => {
  it('of a sealed recording tells of every record what reading it tells', async () => {
    await (await talk()).stop(STARTED_AT + 85_000);
    expect(await records(INDEX_ID)).toBeGreaterThan(1);
    for (const id of [...tracks, 'mix']) {
      const stored = await rows(id);
      expect(stored).toHaveLength(await records(id));
      expect(await played(await build(id, stored))).toEqual(await played(await build(id, [])));
    }
  });

  it('of a recorder that died reaches as far as it was written, and the rest is read', async () => {
    const recording = await talk('dead');
    // Each file is written behind the others; all of it is there once the index is.
    await expect.poll(() => records(INDEX_ID)).toBeGreaterThan(0);
    await expect.poll(() => records('mix')).toBeGreaterThan(250);
    await truncate(path(INDEX_ID), (await readFile(path(INDEX_ID))).length - 3);
    // And one track is shorter than what the index says of it.
    const [cut] = tracks as [string];
    await truncate(path(cut), (await readFile(path(cut))).length / 2);
    await studio.recover();
    for (const id of [...tracks, 'mix']) {
      const stored = await rows(id);
      const longer = [...(await rows('mix')), ...stored];
      expect(await played(await build(id, stored))).toEqual(await played(await build(id, [])));
      expect(await played(await build(id, longer))).toEqual(await played(await build(id, [])));
    }
    await recording.discard(STARTED_AT + 85_000);
  });

  it('is not used where it, or the file, is not as it was sealed', async () => {
    await (await talk()).stop(STARTED_AT + 85_000);
    const [track] = tracks as [string];
    const good = await played(await build(track, []));
    const heard = async (): Promise<Buffer> => {
      const { vaultDirectory: dir, keys } = studio;
      const audio = await openVault({ dir, ...keys }).openAudio('r1', track);
      return await collect(audio.read(0, audio.size));
    };
    expect((await heard()).equals(good.whole)).toBe(true);
    const index = await readFile(path(INDEX_ID));
    for (const at of [0, 100, index.length >> 1, index.length - 1]) {
      const changed = Buffer.from(index);
      changed[at]! ^= 1;
      await writeFile(path(INDEX_ID), changed);
      expect(await rows(track)).toEqual([]);
      expect((await heard()).equals(good.whole)).toBe(true);
    }
    await rm(path(INDEX_ID));
    expect(await rows(track)).toEqual([]);
    expect((await heard()).equals(good.whole)).toBe(true);
    await writeFile(path(INDEX_ID), index);
    expect(await rows(track)).not.toEqual([]);
    await truncate(path(track), 5000);
    expect(await rows(track)).toEqual([]);
    await rm(join(studio.vaultDirectory, 'r1', 'seal.json'));
    expect(await rows('mix')).toEqual([]);
  });

  it('that does not add up is found to, and the file is read', async () => {
    await (await talk()).stop(STARTED_AT + 85_000);
    const stored = await rows('mix');
    const good = await played(await build('mix', []));
    const [first, ...others] = stored as [IndexRow, ...IndexRow[]];
    for (const wrong of [
      [{ ...first, bytes: first.bytes + 1 }, ...others],
      [...stored, ...stored],
    ]) {
      expect(await played(await build('mix', wrong))).toEqual(good);
    }
  });

  it('is no track that could be played', async () => {
    await (await studio.record('r1')).stop(STARTED_AT + 300);
    const notFound = { code: 'not-found' };
    await expect(studio.vault.openAudio('r1', INDEX_ID)).rejects.toMatchObject(notFound);
  });
});
