import { mkdtemp, open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BatchedIo, plainFiles } from './BatchedIo.ts';
import { nativeFiles, type FileTask } from './nativeFiles.ts';

let directory: string;
let files: FileHandle[];

const path = (name: string): string => join(directory, name);
const make = async (name: string): Promise<FileHandle> => {
  const file = await open(path(name), 'ax');
  files.push(file);
  return file;
};

beforeEach(async () => {
  files = [];
  directory = await mkdtemp(join(tmpdir(), 'batched-'));
});
afterEach(async () => {
  for (const file of files) await file.close();
  await rm(directory, { recursive: true });
});

it('native files are built where tests run', () => {
  expect(nativeFiles === undefined).toBe(process.platform !== 'linux');
});

describe.each([
  ['native', nativeFiles ?? plainFiles],
  ['plain', plainFiles],
])('BatchedIo, %s', (_, jobs) => {
  let io: BatchedIo;
  beforeEach(() => {
    io = new BatchedIo(jobs);
  });

  it('appends to each file what is its own, in order', async () => {
    const [a, b] = [await make('a'), await make('b')];
    const big = Buffer.alloc(300_000, 'b');
    await Promise.all([io.append(a, Buffer.from('one ')), io.append(b, big)]);
    await io.append(a, Buffer.from('two'));
    await Promise.all([io.sync(a), io.sync(b)]);
    expect(await readFile(path('a'), 'utf8')).toBe('one two');
    expect((await readFile(path('b'))).equals(big)).toBe(true);
  });

  it('one that fails is told as Node.js would, and the others are written', async () => {
    const a = await make('a');
    const full = await open('/dev/full', 'a');
    files.push(full);
    const failing = expect(io.append(full, Buffer.from('x'))).rejects.toMatchObject({
      code: 'ENOSPC',
      message: expect.stringContaining('no space left on device') as string,
    });
    await io.append(a, Buffer.from('written'));
    await failing;
    expect(await readFile(path('a'), 'utf8')).toBe('written');
  });
});

describe('BatchedIo', () => {
  it('does in one job what is asked for in one turn, and in the next what comes meanwhile', async () => {
    const jobs: string[][] = [];
    const gates: (() => void)[] = [];
    const doTasks = async (tasks: readonly FileTask[]): Promise<undefined[]> => {
      jobs.push(tasks.map(({ bytes }) => Buffer.from(bytes).toString()));
      await new Promise<void>((resolve) => gates.push(resolve));
      return tasks.map(() => undefined);
    };
    const io = new BatchedIo({ append: doTasks, sync: doTasks });
    const file = await make('a');
    const done = ['1', '2'].map((text) => io.append(file, Buffer.from(text)));
    await Promise.resolve();
    done.push(io.append(file, Buffer.from('3')), io.append(file, Buffer.from('4')));
    expect(jobs).toEqual([['1', '2']]);
    // What is synced waits for none of it.
    const synced = io.sync(file);
    await Promise.resolve();
    expect(jobs).toEqual([['1', '2'], ['']]);
    gates[1]!();
    await synced;
    gates[0]!();
    await Promise.all(done.slice(0, 2));
    await Promise.resolve();
    expect(jobs[2]).toEqual(['3', '4']);
    gates[2]!();
    await Promise.all(done);
  });
});
