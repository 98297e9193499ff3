import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBufferPromise } from 'yauzl';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newOfficer } from '../testing/officer.ts';
import { collect } from '../testing/sound.ts';
import { STARTED_AT, Studio } from '../testing/studio.ts';
import { IDENTITY_FILE, loadKeys } from './keys.ts';
import { openVault, type Vault } from './index.ts';

let studio: Studio;
let officer: { identity: string; recipient: string };

beforeEach(async () => {
  studio = await Studio.open();
  officer = await newOfficer();
});
afterEach(async () => await studio.close());

const vaultWith = (identity: string | null): Vault =>
  openVault({ dir: studio.vaultDirectory, ...studio.keys, identity });

async function record(id: string, recipient: string): Promise<void> {
  await (await studio.record(id, { recipient })).stop(STARTED_AT + 300);
}

describe('a vault that is sealed to somebody else', () => {
  it('says so of sound and export, and gives the files as they lie there', async () => {
    await record('r1', officer.recipient);
    for (const [vault, code] of [
      [vaultWith(null), 'key-elsewhere'],
      [studio.vault, 'key-lost'],
    ] as const) {
      await expect(vault.openAudio('r1', 'mix')).rejects.toMatchObject({ code });
      await expect(vault.exportZip('r1')).rejects.toMatchObject({ code });
      await expect(vault.openAudio('r2', 'mix')).rejects.toMatchObject({ code: 'not-found' });
      const bytes = await collect(await vault.exportSealedZip('r1'));
      const zip = await fromBufferPromise(bytes, { lazyEntries: true });
      const names: string[] = [];
      for await (const entry of zip.eachEntry()) names.push(entry.fileName);
      expect(names.sort()).toEqual([
        ...['export.json', 'export.sig', 'keys/export.pem', 'keys/recorder.pem', 'manifest.sig'],
        ...['seal.json', 'sealed/index.sealed', 'sealed/manifest.sealed', 'sealed/mix.sealed'],
      ]);
    }
    const there = await vaultWith(officer.identity).openAudio('r1', 'mix');
    expect(there.size).toBeGreaterThan(0);
  });

  it('is read by each of several, and old recordings by the key that they had', async () => {
    await record('r1', `${studio.keys.recipient},${officer.recipient}`);
    for (const identity of [studio.keys.identity, officer.identity]) {
      expect((await vaultWith(identity).openAudio('r1', 'mix')).size).toBeGreaterThan(0);
    }
    await record('r2', officer.recipient);
    const both = vaultWith(`${studio.keys.identity}\n# older\n${officer.identity}\n`);
    for (const id of ['r1', 'r2']) expect((await both.openAudio(id, 'mix')).size).not.toBe(0);
  });

  it('exports nothing sealed that is not there, or not sealed yet', async () => {
    for (const id of ['r1', '..', '../vault/r1', '']) {
      await expect(studio.vault.exportSealedZip(id)).rejects.toMatchObject({ code: 'not-found' });
    }
    const recording = await studio.record('r1');
    const conflict = { code: 'conflict' };
    await expect(studio.vault.exportSealedZip('r1')).rejects.toMatchObject(conflict);
    await recording.stop(STARTED_AT + 300);
    const manifest = join(studio.vaultDirectory, 'r1', 'manifest.sealed');
    await rename(manifest, `${manifest}.new`);
    await expect(studio.vault.exportSealedZip('r1')).rejects.toMatchObject(conflict);
  });
});

describe('loadKeys()', () => {
  it('makes an identity only where the server is to read, and keeps the one that there is', async () => {
    const keys = join(studio.dataDirectory, 'other');
    const away = await loadKeys(keys, [officer.recipient]);
    expect(away).toMatchObject({ identity: null, own: [], recipient: officer.recipient });
    const both = await loadKeys(keys, ['server', officer.recipient]);
    expect(both.recipient).toBe(`${both.own[0]},${officer.recipient}`);
    const later = await loadKeys(keys, [officer.recipient]);
    expect(later).toMatchObject({ own: both.own, recipient: officer.recipient });
  });

  it('says which file is no identity, and nothing of what is in it', async () => {
    const keys = join(studio.dataDirectory, 'keys');
    await rm(join(keys, IDENTITY_FILE));
    for (const content of ['', 'secret', `${officer.identity}\nsecret`]) {
      await writeFile(join(keys, IDENTITY_FILE), content);
      const refused = await loadKeys(keys, ['server']).catch(String);
      expect(refused).toContain(`${IDENTITY_FILE} holds no age identity`);
      expect(refused).not.toContain('secret');
    }
  });
});
