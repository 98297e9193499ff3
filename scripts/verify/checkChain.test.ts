import { appendFile, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { STARTED_AT, Studio } from '../../recordings/src/testing/studio.ts';
import { checkChain } from './checkChain.mjs';
import { FolderPlace, type Place } from './FolderPlace.mjs';

describe('checkChain()', () => {
  it('finds what was changed, removed or added in a vault, and a chain that was cut', async () => {
    const house = await Studio.open();
    for (const id of ['a', 'b', 'c']) {
      await (await house.record(id)).stop(STARTED_AT + 100);
    }
    const pins = new Set([house.key.fingerprint]);
    const copy = path.join(house.dataDirectory, 'copy');
    const check = async (change: (vault: string) => Promise<void>): Promise<string> => {
      await rm(copy, { recursive: true, force: true });
      await cp(house.vaultDirectory, path.join(copy, 'vault'), { recursive: true });
      await change(path.join(copy, 'vault'));
      return await checkChain([new FolderPlace(path.join(copy, 'vault'))], pins).then(
        ({ facts, warnings }) => [facts[0], ...warnings].join(),
        (error: unknown) => (error as Error).message,
      );
    };
    const chainOf = async (vault: string): Promise<string[]> =>
      (await readFile(path.join(vault, 'chain.jsonl'), 'utf8')).trimEnd().split('\n');
    const rewrite = async (vault: string, lines: string[]): Promise<void> =>
      await writeFile(path.join(vault, 'chain.jsonl'), lines.map((line) => `${line}\n`).join(''));

    expect(await check(async () => {})).toMatch(/^3 seals/);
    expect(
      await check(async (vault) => await appendFile(path.join(vault, 'b/mix.sealed'), 'x')),
    ).toBe('b/mix.sealed was changed since it was sealed.');
    expect(await check(async (vault) => await rm(path.join(vault, 'b/mix.sealed')))).toBe(
      'b/mix.sealed is missing from the vault.',
    );
    expect(
      await check(async (vault) => await writeFile(path.join(vault, 'b/more.sealed'), 'x')),
    ).toBe('b/more.sealed was added.');
    expect(
      await check(async (vault) => await rm(path.join(vault, 'b'), { recursive: true })),
    ).toContain('1 sealed recordings are no longer in the vault: b.');
    const onlySeal = async (vault: string): Promise<void> => {
      for (const id of ['index', 'manifest', 'mix']) await rm(path.join(vault, `b/${id}.sealed`));
    };
    expect(await check(onlySeal)).toMatch(/^b\/\w+\.sealed is missing from the vault\.$/);
    expect(
      await check(async (vault) => {
        await onlySeal(vault);
        await rm(path.join(vault, 'b/seal.json'));
        await writeFile(path.join(vault, 'b/state.open'), 'x');
      }),
    ).toBe('b/seal.json is not as in the chain.');
    expect(
      await check(async (vault) => await rewrite(vault, (await chainOf(vault)).slice(0, 2))),
    ).toBe('Recording c is sealed, but its seal is not in the chain; the chain was cut.');
    expect(
      await check(async (vault) => await rewrite(vault, (await chainOf(vault)).slice(1))),
    ).toContain('Seal 1 of the chain has the number 2');
    expect(
      await check(async (vault) => {
        const [a, b, c] = await chainOf(vault);
        await rewrite(vault, [a!, c!, b!]);
      }),
    ).toContain('Seal 2 of the chain has the number 3');
    expect(
      await check(async (vault) => {
        const [a, b, c] = await chainOf(vault);
        await rewrite(vault, [a!, b!.replace('"sequence":2', '"sequence":2,"more":1'), c!]);
      }),
    ).toBe('The signature of Seal 2 of the chain is wrong.');
    const change = (from: string, to: string) => async (vault: string) => {
      const text = await readFile(path.join(vault, 'chain.jsonl'), 'utf8');
      await writeFile(path.join(vault, 'chain.jsonl'), text.replace(from, to));
    };
    expect(await check(change('\n', '\r\n'))).toBe(
      'Seal 1 of the chain is not written as a seal is.',
    );
    expect(await check(change('\n', '\r'))).toBe('Seal 1 of the chain is not JSON.');
    for (const end of ['', '\r']) {
      const cutOff = async (vault: string): Promise<void> => {
        const [a, b, c] = await chainOf(vault);
        await writeFile(path.join(vault, 'chain.jsonl'), `${a}\n${b}\n${c}${end}`);
      };
      expect(await check(cutOff)).toBe('Line 3 of chain.jsonl, the last, has no end.');
    }
    expect(
      await checkChain([new FolderPlace(house.vaultDirectory)], new Set(['0'.repeat(64)])).catch(
        String,
      ),
    ).toContain('signed by another key');
    await house.close();
  });

  it('shows what is missing of a chain that was lost or cut, and went on', async () => {
    const house = await Studio.open();
    const seal = async (id: string): Promise<void> =>
      await (await house.record(id)).stop(STARTED_AT + 100);
    const chain = path.join(house.vaultDirectory, 'chain.jsonl');
    const check = (): Promise<string> =>
      checkChain([new FolderPlace(house.vaultDirectory)], new Set()).then(
        () => 'ok',
        (error: unknown) => (error as Error).message,
      );
    for (const id of ['a', 'b', 'c']) await seal(id);
    await writeFile(chain, `${(await readFile(chain, 'utf8')).split('\n')[0]!}\n`);
    await seal('d');
    expect(await check()).toBe('Seal 2 of the chain has the number 4.');
    await rm(chain);
    await seal('e');
    expect(await check()).toBe('Seal 1 of the chain has the number 5.');
    await house.close();
  });

  it('reads a few at a time, and names what is wrong first in the chain, not what is found first', async () => {
    const house = await Studio.open();
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const id of ids) await (await house.record(id)).stop(STARTED_AT + 100);
    const vault = house.vaultDirectory;
    const folder = new FolderPlace(vault);
    const found = Promise.withResolvers<undefined>();
    let [reading, most] = [0, 0];
    const place: Place = {
      ...{ label: vault, folders: () => folder.folders(), lines: () => folder.lines() },
      names: (name) => folder.names(name),
      open: async (name) => {
        reading++;
        most = Math.max(most, reading);
        // The first waits until all of the last that was begun beside it is read.
        if (name === 'a/mix.sealed') await found.promise;
        const content = await Array.fromAsync((await folder.open(name))!);
        reading--;
        if (name === 'd/manifest.sealed') found.resolve(undefined);
        return (async function* () {
          yield* content;
        })();
      },
    };
    const check = (): Promise<string> =>
      checkChain([place], new Set([house.key.fingerprint])).then(
        ({ facts }) => facts[1]!,
        (error: unknown) => (error as Error).message,
      );
    expect(await check()).toBe('6 recordings, every file as it was sealed');
    expect(most).toBeGreaterThan(3);
    expect(most).toBeLessThanOrEqual(12);
    for (const id of ['a', 'b', 'd']) await appendFile(path.join(vault, id, 'mix.sealed'), 'x');
    expect(await check()).toBe('a/mix.sealed was changed since it was sealed.');
    await house.close();
  });

  it('looks in a second place for what was moved there, and compares what that has of the chain', async () => {
    const house = await Studio.open();
    for (const id of ['a', 'b']) await (await house.record(id)).stop(STARTED_AT + 100);
    const bucket = path.join(house.dataDirectory, 'bucket');
    const lines = (await readFile(path.join(house.vaultDirectory, 'chain.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n');
    const copy = path.join(bucket, 'chain/0000000001.json');
    await mkdir(path.dirname(copy), { recursive: true });
    await writeFile(copy, `${lines[0]!}\n`);
    await rename(path.join(house.vaultDirectory, 'a'), path.join(bucket, 'a'));
    const places = [new FolderPlace(house.vaultDirectory), new FolderPlace(bucket)] as const;
    const check = async (): Promise<string> =>
      await checkChain(places, new Set([house.key.fingerprint])).then(
        ({ facts, warnings }) => [...facts.slice(1, 3), ...warnings].join('\n'),
        (error: unknown) => (error as Error).message,
      );

    expect(await check()).toBe(
      [
        `2 recordings, every file as it was sealed, 1 of them in ${bucket}`,
        `1 seals are the same in ${bucket}`,
        `1 seals are not in ${bucket}.`,
      ].join('\n'),
    );
    const more = path.join(bucket, 'chain/0000000003.json');
    await writeFile(more, `${lines[1]!}\n`);
    expect(await check()).toBe(
      `${bucket} has chain/0000000003.json, but the chain ends at 2; it was cut.`,
    );
    await rm(more);
    await writeFile(copy, `${lines[1]!}\n`);
    expect(await check()).toBe(`Seal 1 is another one in ${bucket}.`);
    await rm(copy);
    await appendFile(path.join(bucket, 'a/mix.sealed'), 'x');
    expect(await check()).toBe('a/mix.sealed was changed since it was sealed.');
    await cp(path.join(bucket, 'a'), path.join(bucket, 'c'), { recursive: true });
    await rm(path.join(bucket, 'a'), { recursive: true });
    expect(await check()).toBe(
      'Recording c is sealed, but its seal is not in the chain; the chain was cut.',
    );
    await rm(path.join(bucket, 'c'), { recursive: true });
    expect(await check()).toContain(
      `1 sealed recordings are no longer in the vault or in ${bucket}: a.`,
    );
    await house.close();
  });
});
