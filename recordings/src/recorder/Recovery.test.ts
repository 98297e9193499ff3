import { existsSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordingView } from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STARTED_AT, Studio } from '../testing/studio.ts';
import { FileLock } from './FileLock.ts';
import { Recovery } from './Recovery.ts';
import { deadRecorders, SignOfLife } from './SignOfLife.ts';

let studio: Studio;
let recorders: string;
const sealed: RecordingView[] = [];
const damaged: string[] = [];
const unsealed = new Set<string>();

beforeEach(async () => {
  sealed.length = 0;
  damaged.length = 0;
  unsealed.clear();
  studio = await Studio.open();
  recorders = join(studio.dataDirectory, 'keys', 'recorders');
});
afterEach(async () => await studio.close());

function recoveryOf(): Recovery {
  const { vaultDirectory, journal, sealer } = studio;
  return new Recovery({
    ...{ vaultDirectory, recordersDirectory: recorders, recorder: 'next', journal, sealer },
    logger: pino({ level: 'silent' }),
    wallTime: () => new Date('2026-01-02T03:10:00.000Z'),
    onSealed: (view) => sealed.push(view),
    onDamage: (id) => damaged.push(id),
    isMine: (id) => id === 'mine',
    unsealed,
  });
}

describe('several recorders in one vault', () => {
  it('one seals what another left, as soon as that one is dead and not before', async () => {
    const life = FileLock.tryTake(join(recorders, 'other.alive'))!;
    await studio.record('a', { recorder: 'other' });
    const recovery = recoveryOf();
    recovery.start(10);
    await recovery.close();
    expect(sealed).toEqual([]);
    expect(deadRecorders(recorders, 'next')).toEqual([]);
    recovery.start(10);
    // Its process ends: the kernel lets go of the lock, and the file stays.
    life.release();
    await expect.poll(() => sealed).toMatchObject([{ id: 'a', state: 'sealed' }]);
    await recovery.close();
    expect(existsSync(join(recorders, 'other.alive'))).toBe(false);
  });

  it('two that look at once seal each recording once', async () => {
    for (const id of ['a', 'b', 'c']) await studio.record(id, { recorder: 'gone' });
    const both = [recoveryOf(), recoveryOf()];
    for (const recovery of both) recovery.start(10_000);
    await Promise.all(both.map((recovery) => recovery.close()));
    expect(sealed.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
  });

  it('a recorder that ends in order leaves no sign of life', async () => {
    const life = SignOfLife.show(recorders);
    const recording = await studio.record('a', { recorder: life.id });
    await recording.stop(STARTED_AT + 100);
    life.release();
    life.release();
    expect(deadRecorders(recorders, 'next')).toEqual([]);
    expect(existsSync(join(recorders, `${life.id}.alive`))).toBe(false);
  });
});

describe('what we could not seal ourselves', () => {
  it('is sealed as soon as that can be, while we live on; not what we make', async () => {
    const recovery = recoveryOf();
    recovery.start(10);
    for (const id of ['a', 'mine']) await studio.record(id, { recorder: 'next' });
    for (const id of ['a', 'mine']) unsealed.add(id);
    await expect.poll(() => sealed).toMatchObject([{ id: 'a', state: 'sealed' }]);
    await expect.poll(() => [...unsealed]).toEqual([]);
    await recovery.close();
    const zip = await studio.vault.statements('a');
    expect(zip.timeline.gaps).toMatchObject([{ file: 'mix', reason: 'write-failed' }]);
  });
});

describe('a journal that is damaged', () => {
  const journal = (id: string): string => join(studio.vaultDirectory, id, 'state.open');
  async function recovered(): Promise<void> {
    const recovery = recoveryOf();
    recovery.start(10_000);
    await recovery.close();
  }

  it('is told of, and keeps no other recording from being sealed', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await studio.record(id, { recorder: 'gone' });
    await writeFile(journal('a'), '12345');
    // Of another one: its files are not to be cut in the name of this.
    await copyFile(journal('d'), journal('b'));
    const mix = join(studio.vaultDirectory, 'a', 'mix.sealed');
    const before = await readFile(mix);
    await recovered();
    expect(sealed.map(({ id }) => id)).toEqual(['c', 'd']);
    expect(damaged).toEqual(['a', 'b']);
    expect(await readFile(mix)).toEqual(before);
    expect((await readFile(journal('a'))).toString()).toBe('12345');
    expect((await studio.vault.openAudio('a', 'mix')).size).toBeGreaterThan(0);
  });

  it('is told of once where it is ours: it is no better at the next look', async () => {
    const recovery = recoveryOf();
    recovery.start(10);
    await studio.record('a', { recorder: 'next' });
    await writeFile(journal('a'), '12345');
    unsealed.add('a');
    await expect.poll(() => [...unsealed]).toEqual([]);
    await recovery.close();
    expect(damaged).toEqual(['a']);
  });

  it('is taken away where a seal in the chain has the recording, unless somebody is making that', async () => {
    for (const id of ['mine', 'r1']) await (await studio.record(id)).stop(STARTED_AT + 100);
    for (const id of ['mine', 'r1']) await writeFile(journal(id), '12345');
    const life = FileLock.tryTake(join(recorders, 'other.alive'));
    await recovered();
    expect([existsSync(journal('r1')), existsSync(journal('mine'))]).toEqual([true, true]);
    life!.release();
    await recovered();
    expect([existsSync(journal('r1')), existsSync(journal('mine'))]).toEqual([false, true]);
    expect(damaged).toEqual(['mine', 'r1', 'mine', 'r1']);
    expect(sealed).toEqual([]);
  });
});
