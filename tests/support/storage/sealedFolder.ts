import { hash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_SEAL, SigningKey, signSeal } from '@switchroom/recordings/testing';

/** A vault with one recording whose track is so large (bytes); nothing that could be played. */
export async function sealedFolder(recordingId: string, bytes: number) {
  const vault = await mkdtemp(join(tmpdir(), 'vault-'));
  const folder = join(vault, recordingId);
  await mkdir(folder);
  const files: { id: string; sha256: string; bytes: number }[] = [];
  for (const [id, size] of [
    ['t1', bytes],
    ['manifest', 1000],
  ] as const) {
    const content = randomBytes(size);
    await writeFile(join(folder, `${id}.sealed`), content);
    files.push({ id, sha256: hash('sha256', content, 'hex'), bytes: size });
  }
  const seal: Parameters<typeof signSeal>[0] = {
    type: 'switchroom-seal',
    version: 1,
    ...{ sequence: 1, previous: NO_SEAL, recordingId, files, recipients: [], exportKey: null },
    sealedAt: new Date().toISOString(),
    manifest: { sha256: NO_SEAL, signature: '' },
  };
  const key = await SigningKey.loadOrCreate(join(await mkdtemp(join(tmpdir(), 'key-')), 'key.pem'));
  await writeFile(join(folder, 'seal.json'), `${signSeal(seal, key)}\n`);
  return {
    vault,
    names: ['manifest.sealed', 'seal.json', 't1.sealed'],
    remove: () => rm(vault, { recursive: true }),
  };
}
