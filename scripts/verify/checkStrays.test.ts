import { appendFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SEAL_FILE, signSeal, type Seal } from '../../recordings/src/format/seal.ts';
import { STARTED_AT, Studio } from '../../recordings/src/testing/studio.ts';
import { checkChain } from './checkChain.mjs';
import { FolderPlace } from './FolderPlace.mjs';

let studio: Studio;
let vault: string;

beforeEach(async () => {
  studio = await Studio.open();
  vault = studio.vaultDirectory;
  for (const id of ['a', 'b']) await (await studio.record(id)).stop(STARTED_AT + 100);
});
afterEach(async () => await studio.close());

/** What is noted, or wrong. */
async function said(): Promise<string> {
  return await checkChain([new FolderPlace(vault)], new Set([studio.key.fingerprint])).then(
    ({ warnings }) => warnings.join('\n'),
    (error: unknown) => (error as Error).message,
  );
}

const journal = (id: string): string => path.join(vault, id, 'state.open');
const HALF = 'a seal and a state.open; a recorder is about to finish, or died just then.';
const CUT = 'Recording b is sealed, but its seal is not in the chain; the chain was cut.';

/** Changes and signs the seal of `b` anew, and keeps it from the chain. */
async function reseal(change: Partial<Seal>): Promise<void> {
  const file = path.join(vault, 'b', SEAL_FILE);
  const { key: _, signature: __, ...body } = JSON.parse(await readFile(file, 'utf8')) as Seal;
  await writeFile(file, `${signSeal({ ...body, ...change }, studio.key)}\n`);
  const chain = path.join(vault, 'chain.jsonl');
  await writeFile(chain, `${(await readFile(chain, 'utf8')).split('\n')[0]!}\n`);
}

describe('checkChain() finds beside what was sealed', () => {
  it('nothing in a vault as recorders leave it', async () => {
    for (const folder of ['.checked', '.moved/c']) {
      await mkdir(path.join(vault, folder), { recursive: true });
    }
    await writeFile(path.join(vault, '.checked/a.json'), '{}');
    expect(await said()).toBe('');
  });

  it('a state.open that a recorder leaves for a moment, and none that was put there later', async () => {
    await writeFile(journal('b'), 'x');
    expect(await said()).toBe(`b in ${vault}: ${HALF}`);
    await rm(journal('b'));
    await writeFile(journal('a'), 'x');
    await reseal({ sealedAt: '2026-01-02T05:00:01.000Z' });
    await appendFile(
      path.join(vault, 'chain.jsonl'),
      await readFile(path.join(vault, 'b', SEAL_FILE)),
    );
    expect(await said()).toBe(
      'a/state.open lies beside a seal, long after any recorder would have left it.',
    );
  });

  it('a seal that a crash kept from the chain, and a chain that was cut behind a state.open', async () => {
    await reseal({});
    expect(await said()).toBe(CUT);
    await writeFile(journal('b'), 'x');
    expect(await said()).toBe(`b in ${vault}: ${HALF}`);
    await reseal({ sequence: 3 });
    expect(await said()).toBe(CUT);
    await reseal({ sequence: 2, sealedAt: '2026-01-02T02:59:59.000Z' });
    expect(await said()).toContain('b/state.open lies beside a seal, long after');
    await writeFile(path.join(vault, 'b', SEAL_FILE), 'x\n');
    expect(await said()).toBe('b/seal.json is not JSON.');
  });

  it('what is being made, and what no recorder has made', async () => {
    const made = await studio.record('c');
    await cp(path.join(vault, 'a'), path.join(vault, 'd'), { recursive: true });
    await rm(path.join(vault, 'd', SEAL_FILE));
    await mkdir(path.join(vault, 'e'));
    expect(await said()).toBe(
      [
        `c in ${vault}: no seal but a state.open; it is being made, or was left open.`,
        `d in ${vault}: no seal, no state.open, and not in the chain; no recorder leaves it so.`,
      ].join('\n'),
    );
    await made.discard(STARTED_AT + 100);
  });
});
