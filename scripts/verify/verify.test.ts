import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../../recordings/src/testing/sound.ts';
import { STARTED_AT, Studio } from '../../recordings/src/testing/studio.ts';
import { auditLines } from './testing/auditLines.ts';

let studio: Studio;
let zipPath: string;

beforeAll(async () => {
  studio = await Studio.open();
  await (await studio.record('r1')).stop(STARTED_AT + 1000);
  zipPath = path.join(studio.dataDirectory, 'export.zip');
  await writeFile(zipPath, await collect(await studio.vault.exportZip('r1')));
});
afterAll(async () => await studio.close());

describe('npm run verify', () => {
  it('says ok and what was checked, or what is wrong and exits with 1', async () => {
    const run = promisify(execFile);
    const script = path.join(import.meta.dirname, '../verify.mjs');
    const verify = async (...args: string[]): Promise<{ code: number; text: string }> =>
      await run(process.execPath, [script, ...args], { env: {} }).then(
        ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
        (error: unknown) => {
          const { code, stdout, stderr } = error as {
            code: number;
            stdout: string;
            stderr: string;
          };
          return { code, text: stdout + stderr };
        },
      );
    const { fingerprint } = studio.key;
    const good = await verify(zipPath, '--key', `SHA256:${fingerprint.toUpperCase()}`);
    expect(good).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^ok: recording r1/) as string,
    });
    const bad = path.join(studio.dataDirectory, 'bad.zip');
    const bytes = await readFile(zipPath);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(bad, bytes);
    expect(await verify(bad)).toMatchObject({
      code: 1,
      text: expect.stringMatching(/^wrong: mix/) as string,
    });
    expect(await verify('--chain', studio.dataDirectory)).toMatchObject({ code: 0 });
    const trail = path.join(studio.dataDirectory, 'audit.jsonl');
    await writeFile(trail, auditLines([{ seq: 1, recordingId: 'r1' }]).join(''));
    expect(await verify('--audit', trail)).toMatchObject({
      code: 0,
      text: expect.stringContaining('entries 1 to 1') as string,
    });
    expect(await verify('--chain', studio.dataDirectory, '--audit', trail)).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^ok: chain of .*, and audit trail\n/) as string,
    });
    expect(await verify(path.join(studio.dataDirectory, 'none.zip'))).toMatchObject({
      code: 1,
      text: expect.stringContaining('ENOENT') as string,
    });
    for (const args of [
      [],
      ['a', 'b'],
      [zipPath, '--key', 'abc'],
      [zipPath, '--audit', trail],
      ['--what'],
    ]) {
      expect(await verify(...args)).toMatchObject({ code: 2 });
    }
  }, 120_000);
});
