import { execFile } from 'node:child_process';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newOfficer } from '../../recordings/src/testing/officer.ts';
import { Studio } from '../../recordings/src/testing/studio.ts';
import { parseIdentities } from './age.mjs';
import { checkSealed } from './checkSealed.mjs';
import { exported, faultOf, filesOf, recordTwo } from './testing/exports.ts';

const run = promisify(execFile);

let studio: Studio;
let tracks: string[];
let file: string;

beforeAll(async () => {
  studio = await Studio.open();
  tracks = await recordTwo(studio, 'r1');
  file = path.join(studio.dataDirectory, 'sealed.zip');
  await writeFile(file, await exported(studio, 'r1', 'sealed export'));
});
afterAll(async () => await studio.close());

describe('checkSealed()', () => {
  it('finds a sealed export good without any key, and says that nothing was opened', () => {
    const { title, facts, warnings } = checkSealed(file, new Set([studio.key.fingerprint]), []);
    expect(title).toBe('sealed recording r1');
    expect(facts.join()).toContain('5 sealed files, each as it was sealed');
    expect(facts.join()).toContain('2 entries of the audit trail');
    expect(warnings).toEqual([expect.stringContaining('Nothing was opened')]);
    // Nothing in it is in the clear.
    expect(facts.join()).not.toContain('Quarterly');
  });

  it('opens all of it with the identity, and says what it is', () => {
    const pins = new Set([studio.key.fingerprint]);
    const { facts, warnings } = checkSealed(file, pins, parseIdentities(studio.keys.identity));
    expect(facts.at(-1)).toMatch(/^opened: "Quarterly secrets", 2026.*, 3 files, packet by packet/);
    expect(warnings).toEqual([]);
  });

  it('opens it with the identity of any recipient, in a file of several', async () => {
    const [one, two, stranger] = [await newOfficer(), await newOfficer(), await newOfficer()];
    const recipients = [studio.keys.recipient, one.recipient, two.recipient];
    const recording = await studio.record('r2', { recipient: recipients.join(',') });
    await recording.stop(70_500);
    await writeFile(file.replace('sealed', 'two'), await exported(studio, 'r2', 'sealed export'));
    const opened = (text: string): string => {
      try {
        return checkSealed(
          file.replace('sealed', 'two'),
          new Set(),
          parseIdentities(text),
        ).facts.at(-1)!;
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (const { identity } of [studio.keys, one, two]) {
      expect(opened(identity)).toMatch(/^opened: /);
    }
    const several = `# a stranger's\n${stranger.identity}\n\n${two.identity}\n`;
    expect(opened(several)).toMatch(/^opened: /);
    expect(opened(stranger.identity)).toBe(
      'sealed/manifest.sealed is sealed to somebody else: the identity given does not open it.',
    );
    expect(() => parseIdentities(stranger.identity.replace(/.$/, 'x'))).toThrow(/mistyped/);
    expect(() => parseIdentities('# nothing\n')).toThrow('no identity in it');
  });

  it('has each file’s head opened by Debian’s age, once 12 bytes are cut off', async () => {
    const key = path.join(studio.dataDirectory, 'key.txt');
    await writeFile(key, `${studio.keys.identity}\n`);
    const files = filesOf(studio, await readFile(file));
    for (const id of [...tracks, 'mix', 'manifest']) {
      const sealed = path.join(studio.dataDirectory, 'head.sealed');
      await writeFile(sealed, files.get(`sealed/${id}.sealed`)!);
      // As docs/recording-format.md says; Debian's age, which npm test installs.
      const line = `head -c $((12 + $(od -An -j8 -N4 -tu4 --endian=big ${sealed}))) ${sealed} | tail -c +13 | age -d -i ${key}`;
      const { stdout } = await run('sh', ['-c', line]);
      expect(JSON.parse(stdout)).toMatchObject({ recordingId: 'r1', name: id });
    }
  });

  it('says what the server found missing or changed in its vault', async () => {
    await recordTwo(studio, 'r3');
    const path3 = (id: string): string => path.join(studio.vaultDirectory, 'r3', `${id}.sealed`);
    await truncate(path3('mix'), 500);
    expect(faultOf(studio, await exported(studio, 'r3', 'sealed export'))).toBe(
      'sealed/mix.sealed is not as it was sealed. The server said so: changed in its vault.',
    );
    await run('rm', [path3('mix')]);
    expect(faultOf(studio, await exported(studio, 'r3', 'sealed export'))).toBe(
      'sealed/mix.sealed is in the seal, but missing from the zip. The server said so: missing in its vault.',
    );
  });
});
