import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { STARTED_AT, Studio } from '../../recordings/src/testing/studio.ts';
import { checkChainByTrail } from './checkChainByTrail.mjs';
import { FolderPlace } from './FolderPlace.mjs';
import { auditLines } from './testing/auditLines.ts';

let studio: Studio;

beforeAll(async () => {
  studio = await Studio.open();
  for (const id of ['a', 'b', 'c', 'd']) await (await studio.record(id)).stop(STARTED_AT + 100);
  for (const id of ['b', 'c']) await rm(path.join(studio.vaultDirectory, id), { recursive: true });
});
afterAll(async () => await studio.close());

/** What is said of `b` and `c`, which are gone, by a trail with these acts on `c`. */
async function said(...acts: { action: string; outcome?: string; on?: string }[]): Promise<string> {
  const trail = path.join(studio.dataDirectory, 'audit.jsonl');
  const all = [{ action: 'recording.deleted', on: 'b' }, ...acts];
  const lines = all.map(({ on = 'c', ...act }, at) => ({ seq: at + 1, recordingId: on, ...act }));
  await writeFile(trail, auditLines(lines).join(''));
  const places = [new FolderPlace(studio.vaultDirectory)] as const;
  return await checkChainByTrail(places, new Set([studio.key.fingerprint]), trail).then(
    ({ facts }) => facts.slice(1, 3).join(', '),
    (error: unknown) => (error as Error).message,
  );
}

it('checkChainByTrail() demands a word of each recording that is gone', async () => {
  const right =
    '2 recordings, every file as it was sealed, 2 recordings gone, each deleted as the audit trail says';
  for (const action of ['deleted', 'expired', 'erased']) {
    expect(await said({ action: `recording.${action}` })).toBe(right);
  }
  const wrong = 'Recording c is gone, and the audit trail tells of no deletion.';
  expect(await said()).toBe(wrong);
  expect(await said({ action: 'recording.deletion-asked' })).toBe(wrong);
  expect(await said({ action: 'recording.deleted', outcome: 'refused' })).toBe(wrong);
  expect(await said({ action: 'recording.deleted', on: 'd' })).toBe(wrong);
});
