import { execFile } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newOfficer } from '../../recordings/src/testing/officer.ts';
import { Studio } from '../../recordings/src/testing/studio.ts';
import { parseIdentities } from '../verify/age.mjs';
import {
  exported,
  filesOf,
  recordTwo,
  relist,
  zipOf,
  type Files,
} from '../verify/testing/exports.ts';
import { openExport, type Opened } from './openExport.mjs';

let studio: Studio;
let tracks: string[];
let sealed: Buffer;
/** The ordinary export of the same. */
let plain: Files;
let count = 0;

beforeAll(async () => {
  studio = await Studio.open();
  tracks = await recordTwo(studio, 'r1', 2500);
  sealed = await exported(studio, 'r1', 'sealed export');
  plain = filesOf(studio, await exported(studio, 'r1'));
});
afterAll(async () => await studio.close());

/** Opens a zip into a new folder. */
async function open(zip: Buffer): Promise<Opened & { folder: string }> {
  const file = path.join(studio.dataDirectory, 'opened.zip');
  await writeFile(file, zip);
  const folder = path.join(studio.dataDirectory, `opened-${count++}`);
  const identities = parseIdentities(studio.keys.identity);
  return { folder, ...openExport(file, folder, identities, new Set([studio.key.fingerprint])) };
}

/** The sealed export with one file changed, as a server would export it that has it so in its vault. */
async function with_(id: string, change: (content: Buffer) => Buffer): Promise<Buffer> {
  const files = filesOf(studio, sealed);
  const name = `sealed/${id}.sealed`;
  files.set(name, change(files.get(name)!));
  relist(files, studio.keys.exportKey);
  return await zipOf(files);
}

describe('openExport()', () => {
  it('gives byte for byte what the ordinary export has, for its owner’s eyes alone', async () => {
    const { written, faults, folder } = await open(sealed);
    expect(faults).toEqual([]);
    const sounds = ['mix.ogg', ...tracks.map((id) => `tracks/${id}.ogg`)];
    expect(written.sort()).toEqual([
      ...[
        'audit.jsonl',
        'keys/recorder.pem',
        'manifest.json',
        'manifest.sig',
        ...sounds,
        'seal.json',
      ].sort(),
    ]);
    for (const name of written) {
      const file = path.join(folder, name);
      expect((await readFile(file)).equals(plain.get(name)!), name).toBe(true);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('plays around a record that was changed, names it, and has all else', async () => {
    const [track] = tracks as [string];
    const { written, faults, folder } = await open(
      await with_(track, (content) => {
        content[content.length >> 1]! ^= 1;
        return content;
      }),
    );
    expect(written).toHaveLength(plain.size - 4);
    expect(faults).toEqual([
      `sealed/${track}.sealed is not as it was sealed.`,
      expect.stringMatching(new RegExp(`^tracks/${track}.ogg is silent from \\d+ to \\d+ ms`)),
    ]);
    const name = `tracks/${track}.ogg`;
    expect((await readFile(path.join(folder, name))).length).toBeGreaterThan(
      plain.get(name)!.length / 2,
    );
    expect((await readFile(path.join(folder, 'mix.ogg'))).equals(plain.get('mix.ogg')!)).toBe(true);
  });

  it('tells of a file that was cut off, changed in its head, or put in another’s place', async () => {
    const [track, other] = tracks as [string, string];
    const cut = await open(await with_('mix', (content) => content.subarray(0, -100)));
    expect(cut.faults.at(-1)).toMatch(/^mix.ogg is silent from \d+ to 3113 ms/);
    const headless = await open(
      await with_(track, (content) => Buffer.from(content.fill(0, 0, 9))),
    );
    expect(headless.faults.at(-1)).toBe(`sealed/${track}.sealed is not a sealed file.`);
    const files = filesOf(studio, sealed);
    const swapped = await with_(track, () => files.get(`sealed/${other}.sealed`)!);
    const { faults, written } = await open(swapped);
    expect(faults.at(-1)).toBe(`sealed/${track}.sealed is the file of another track or recording.`);
    expect(written).not.toContain(`tracks/${track}.ogg`);
    const nameless = await open(
      await with_('manifest', (content) => Buffer.from(content.fill(0, 600))),
    );
    expect(nameless.faults.at(-1)).toBe('sealed/manifest.sealed has a part that does not open.');
    expect(nameless.written).toContain('mix.ogg');
  });

  it('writes nothing beside what is there, nor without a sealed export', async () => {
    const { folder } = await open(sealed);
    const file = path.join(studio.dataDirectory, 'opened.zip');
    expect(() => openExport(file, folder, [], new Set())).toThrow('is not empty');
    await expect(open(await exported(studio, 'r1'))).rejects.toThrow('no sealed export');
  });
});

describe('npm run open', () => {
  const script = path.join(import.meta.dirname, '../open.mjs');
  const run = async (...args: string[]): Promise<{ code: number; text: string }> =>
    await promisify(execFile)(process.execPath, [script, ...args], { env: {} }).then(
      ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
      (error: unknown) => {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
        return { code, text: stdout + stderr };
      },
    );

  it('opens with the right identity, says what is wrong with another, and how it is used', async () => {
    const at = (name: string): string => path.join(studio.dataDirectory, name);
    await writeFile(at('sealed.zip'), sealed);
    await writeFile(at('key.txt'), `# of the vault\n${studio.keys.identity}\n`);
    await writeFile(at('other.txt'), (await newOfficer()).identity);
    const good = await run(at('sealed.zip'), '--identity', at('key.txt'), '--out', at('good'));
    expect(good).toMatchObject({ code: 0, text: expect.stringContaining('- mix.ogg') as string });
    expect(await readdir(at('good/tracks'))).toHaveLength(2);
    const bad = await run(at('sealed.zip'), '--identity', at('other.txt'), '--out', at('bad'));
    expect(bad.code).toBe(1);
    expect(bad.text).toContain('sealed to somebody else');
    expect(bad.text).not.toContain('AGE-SECRET');
    expect(await run(at('sealed.zip'))).toMatchObject({ code: 2 });
  }, 60_000);
});
