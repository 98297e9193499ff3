import {
  appendFile,
  copyFile,
  open,
  readFile,
  rename,
  rm,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readManifest, type Manifest } from '../format/manifest.ts';
import { hashOfSeal, NO_SEAL, type Seal } from '../format/seal.ts';
import { STARTED_AT, Studio } from '../testing/studio.ts';

let studio: Studio;

beforeEach(async () => {
  studio = await Studio.open();
});
afterEach(async () => await studio.close());

const inVault = (...names: string[]): string => join(studio.vaultDirectory, ...names);
const headFile = (): string => join(studio.dataDirectory, 'keys/chain-head.json');

/** As a recorder that is started again. */
async function restart(): Promise<void> {
  await studio.sealer.close();
  studio = await Studio.open(studio.dataDirectory);
}

async function chain(): Promise<{ line: string; seal: Seal }[]> {
  const text = await readFile(inVault('chain.jsonl'), 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => ({ line, seal: JSON.parse(line) as Seal }));
}

async function manifest(id: string): Promise<Manifest> {
  return await readManifest(inVault(id, 'manifest.sealed'), studio.keys.identity);
}

/** A recording that is sealed, with the journal put back that it had before: as if it died at the end. */
async function sealedWithJournal(id: string): Promise<void> {
  const recording = await studio.record(id);
  await copyFile(inVault(id, 'state.open'), join(studio.dataDirectory, 'journal'));
  await recording.stop(STARTED_AT + 1000);
  await copyFile(join(studio.dataDirectory, 'journal'), inVault(id, 'state.open'));
}

describe('the chain of seals', () => {
  it('has every recording once, each after the one before, also across a restart', async () => {
    await (await studio.record('a')).stop(STARTED_AT + 100);
    // At once: they are sealed one after the other.
    const both = [await studio.record('b'), await studio.record('c')];
    await Promise.all(both.map((recording) => recording.stop(STARTED_AT + 100)));
    await restart();
    await (await studio.record('d')).stop(STARTED_AT + 100);
    const lines = await chain();
    expect(lines.map(({ seal }) => seal.sequence)).toEqual([1, 2, 3, 4]);
    expect(lines.map(({ seal }) => seal.recordingId).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(lines.map(({ seal }) => seal.previous)).toEqual([
      NO_SEAL,
      ...lines.slice(0, 3).map(({ line }) => hashOfSeal(line)),
    ]);
    for (const { line, seal } of lines) {
      expect(await readFile(inVault(seal.recordingId, 'seal.json'), 'utf8')).toBe(`${line}\n`);
      const { seal: place } = await manifest(seal.recordingId);
      expect(place).toMatchObject({ sequence: seal.sequence, previous: seal.previous });
      expect(place).toMatchObject({
        key: studio.key.fingerprint,
        exportKey: studio.keys.exportKey.fingerprint,
      });
    }
  });

  it('loses a line that was cut off by a crash, and goes on after the last whole one', async () => {
    await (await studio.record('a')).stop(STARTED_AT + 100);
    await appendFile(inVault('chain.jsonl'), '{"type":"switchroom-seal","version":1,"sequ');
    await restart();
    await (await studio.record('b')).stop(STARTED_AT + 100);
    const [a, b] = await chain();
    expect(b?.seal).toMatchObject({ sequence: 2, previous: hashOfSeal(a!.line) });
  });

  it('goes on after a line that was changed, which the next one gives away', async () => {
    await (await studio.record('a')).stop(STARTED_AT + 100);
    await rm(headFile());
    await appendFile(inVault('chain.jsonl'), 'not a seal\n');
    await restart();
    await (await studio.record('b')).stop(STARTED_AT + 100);
    const text = await readFile(inVault('chain.jsonl'), 'utf8');
    const last = JSON.parse(text.trimEnd().split('\n').at(-1)!) as Seal;
    expect(last).toMatchObject({ sequence: 3, previous: hashOfSeal('not a seal') });
  });
});

describe('a chain that is not as it was at the last seal', () => {
  const ids = ['a', 'b', 'c'];
  /** Of these recordings, as they were sealed. */
  let lines: string[];
  const headOf = (at: number) => ({ sequence: at + 1, hash: hashOfSeal(lines[at]!) });
  const rewrite = (all: string[]) =>
    writeFile(inVault('chain.jsonl'), all.map((line) => `${line}\n`).join(''));

  beforeEach(async () => {
    for (const id of ids) await (await studio.record(id)).stop(STARTED_AT + 100);
    lines = (await chain()).map(({ line }) => line);
    await restart();
  });

  it.each([
    ['lost', async () => await rm(inVault('chain.jsonl')), 0],
    ['cut', async () => await rewrite(lines.slice(0, 1)), 1],
    ['added to by a stranger', async () => await rewrite([...lines, 'not a seal']), 4],
  ])('and was %s is told of, and goes on from the head that is known', async (_, harm, found) => {
    await harm();
    expect(await studio.sealer.head()).toEqual(headOf(2));
    expect(studio.broken).toMatchObject([{ known: headOf(2), found: { sequence: found } }]);
    await (await studio.record('d')).stop(STARTED_AT + 100);
    const text = await readFile(inVault('chain.jsonl'), 'utf8');
    const last = JSON.parse(text.trimEnd().split('\n').at(-1)!) as Seal;
    expect(last).toMatchObject({ sequence: 4, previous: headOf(2).hash, recordingId: 'd' });
    const told = studio.broken.length;
    await (await studio.record('e')).stop(STARTED_AT + 100);
    expect(studio.broken).toHaveLength(told);
    expect(await studio.sealer.head()).toMatchObject({ sequence: 5 });
  });

  it('and was made anew by another key, of as many seals, is told of', async () => {
    const other = await Studio.open();
    for (const id of ids) await (await other.record(id)).stop(STARTED_AT + 100);
    await copyFile(join(other.vaultDirectory, 'chain.jsonl'), inVault('chain.jsonl'));
    await other.close();
    expect(await studio.sealer.head()).toEqual(headOf(2));
    expect(studio.broken).toMatchObject([{ known: headOf(2), found: { sequence: 3 } }]);
  });

  it('but has one seal more after a crash, or more where older keys were put back, is right', async () => {
    for (const at of [1, 0]) {
      await writeFile(headFile(), JSON.stringify(headOf(at)));
      expect(await studio.sealer.head()).toEqual(headOf(2));
    }
    await (await studio.record('d')).stop(STARTED_AT + 100);
    expect(studio.broken).toEqual([]);
    expect((await chain()).at(-1)!.seal).toMatchObject({ sequence: 4, previous: headOf(2).hash });
  });

  it('is taken as it is once where no head was noted down yet', async () => {
    for (const before of ['', 'x']) {
      if (before === '') await rm(headFile());
      else await writeFile(headFile(), before);
      expect(await studio.sealer.head()).toEqual(headOf(2));
      expect(JSON.parse(await readFile(headFile(), 'utf8'))).toEqual(headOf(2));
    }
    expect(studio.broken).toEqual([]);
    await rm(inVault('chain.jsonl'));
    await studio.sealer.head();
    expect(studio.broken).toHaveLength(1);
  });
});

describe('a recorder that dies while it seals', () => {
  it('before the chain has it: the next one seals it anew', async () => {
    await sealedWithJournal('a');
    await rm(inVault('chain.jsonl'));
    await rm(headFile());
    await restart();
    expect(await studio.recover()).toMatchObject([{ id: 'a', state: 'sealed', durationMs: 1000 }]);
    const lines = await chain();
    expect(lines.map(({ seal }) => seal.recordingId)).toEqual(['a']);
    expect(await readFile(inVault('a', 'seal.json'), 'utf8')).toBe(`${lines[0]!.line}\n`);
    expect((await manifest('a')).recovered).not.toBeNull();
    // Its files had come to their end: nothing is missing.
    expect((await manifest('a')).gaps).toEqual([]);
  });

  it('once the chain has it: the next one finishes what is left to do', async () => {
    await sealedWithJournal('a');
    await rename(inVault('a', 'manifest.sealed'), inVault('a', 'manifest.sealed.new'));
    const before = await chain();
    await restart();
    expect(await studio.recover()).toMatchObject([{ id: 'a', state: 'sealed', durationMs: 1000 }]);
    expect(await chain()).toEqual(before);
    expect(await manifest('a')).toMatchObject({ recovered: null, seal: { sequence: 1 } });
    expect(await studio.recover()).toEqual([]);
  });

  it('when the chain cannot be written, the recording fails, and is sealed later', async () => {
    await (await studio.record('a')).stop(STARTED_AT + 100);
    const recording = await studio.record('b');
    const probe = await open(inVault('chain.jsonl'));
    const prototype = Object.getPrototypeOf(probe) as FileHandle;
    await probe.close();
    const spy = vi.spyOn(prototype, 'write').mockRejectedValueOnce(new Error('ENOSPC'));
    await expect(recording.stop(STARTED_AT + 100)).rejects.toThrow('ENOSPC');
    spy.mockRestore();
    expect(recording.view.state).toBe('failed');
    expect(await chain()).toHaveLength(1);
    await (await studio.record('c')).stop(STARTED_AT + 100);
    expect(await studio.recover()).toMatchObject([{ id: 'b', state: 'sealed' }]);
    expect((await chain()).map(({ seal }) => seal.recordingId)).toEqual(['a', 'c', 'b']);
  });
});
