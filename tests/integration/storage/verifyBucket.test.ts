import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CephServer } from '../../support/storage/CephServer.ts';
import { environmentOf, StoreHarness, verifyWith } from './storeHarness.ts';

/*
 * `verify --chain` over recordings and seals that lie in a bucket, as anybody runs it: Node.js alone.
 */

vi.setConfig({ testTimeout: 120_000 });

let ceph: CephServer;
let open: StoreHarness | undefined;
beforeAll(async () => {
  ceph = await CephServer.start();
}, 120_000);
afterEach(async () => {
  await open?.close();
  open = undefined;
  await ceph.comeBack();
});
afterAll(() => ceph.close());

/** Two recordings that were moved, with their seals; and how they are checked. */
async function moved(prefix: string) {
  const settings = { ...(await ceph.bucket({ versions: true })), prefix };
  const all = (open = await StoreHarness.open(settings));
  const first = await all.record();
  const second = await all.record();
  for (const { id } of [first, second]) await all.moved(id);
  const below = prefix === '' ? '' : `${prefix}/`;
  await expect
    .poll(() => ceph.everything(settings, `${below}chain/`), { timeout: 30_000 })
    .toHaveLength(2);
  const pin = ['--key', all.studio.key.fingerprint];
  const { dataDir } = all.server;
  const env = environmentOf(settings);
  return {
    ...{ all, settings, env, dataDir, first, second, below },
    bucket: `s3://${settings.bucket}${prefix && `/${prefix}`}`,
    here: (more: NodeJS.ProcessEnv = {}) =>
      verifyWith({ ...env, ...more }, '--chain', dataDir, ...pin),
    there: (url: string) => verifyWith(env, '--chain', url, ...pin),
  };
}

describe('npm run verify -- --chain', () => {
  it('of a DATA_DIR finds what was moved into the bucket, and of the bucket all that is there', async () => {
    const { here, there, bucket, dataDir } = await moved('rec');
    expect(await here()).toMatch(
      new RegExp(
        `^ok: chain of ${dataDir}/vault\n.* 2 seals, .*\n.* 2 recordings, every file as it was sealed, 2 of them in ${bucket}\n.* 2 seals are the same in ${bucket}\n.* signed by \\w+\n$`,
      ),
    );
    expect(await there(bucket)).toMatch(
      /^ok: chain of s3:.*\n.* 2 seals, .*\n.* 2 recordings, every file as it was sealed\n.* signed by \w+\n$/,
    );
    // Without the bucket it says that they are not there, not that all is well.
    expect(await here({ S3_BUCKET: '' })).toMatch(
      /note: 2 sealed recordings are no longer in the vault: \S+, \S+\./,
    );
  });

  it('names the file that is another, or gone, in the bucket, and a seal that is', async () => {
    const { here, there, bucket, settings, second, first } = await moved('');
    const seal = await ceph.get(settings, 'chain/0000000001.json');
    await ceph.put(settings, 'chain/0000000001.json', Buffer.from(`${seal.toString()} `));
    expect(await here()).toBe(`wrong: Seal 1 is another one in ${bucket}.\n`);
    await ceph.put(settings, 'chain/0000000001.json', seal);

    const mix = `${second.id}/mix.sealed`;
    const bytes = await ceph.get(settings, mix);
    const changed = Buffer.from(bytes);
    changed[changed.length >> 1]! ^= 1;
    await ceph.put(settings, mix, changed);
    for (const check of [here(), there(bucket)]) {
      expect(await check).toBe(`wrong: ${mix} was changed since it was sealed.\n`);
    }
    await ceph.hide(settings, mix);
    expect(await here()).toBe(`wrong: ${mix} is missing from the vault.\n`);
    await ceph.put(settings, mix, bytes);
    await ceph.put(settings, `${first.id}/more.sealed`, bytes);
    expect(await here()).toBe(`wrong: ${first.id}/more.sealed was added.\n`);
  });

  it('finds by the bucket that the chain of a DATA_DIR was cut', async () => {
    const { here, dataDir, second, bucket } = await moved('rec');
    const chain = path.join(dataDir, 'vault/chain.jsonl');
    const [line] = (await readFile(chain, 'utf8')).split('\n');
    await writeFile(chain, `${line!}\n`);
    expect(await here()).toMatch(
      new RegExp(
        `^wrong: (Recording ${second.id} is sealed|${bucket} has chain/0000000002).*was cut`,
      ),
    );
  });

  it('says in one line that the bucket is away, or does not accept who asks', async () => {
    const { here, there, env, bucket } = await moved('rec');
    const at = `Cannot be checked: ${bucket} at ${env['S3_ENDPOINT']!}`;
    expect(await here({ S3_SECRET_ACCESS_KEY: 'another secret' })).toBe(
      `${at} does not do what it is asked: SignatureDoesNotMatch (403).\n`,
    );
    expect(await here({ S3_ACCESS_KEY_ID: '' })).toBe(
      'Cannot be checked: S3_ACCESS_KEY_ID must be set, for what lies in a bucket.\n',
    );
    expect(await there('s3://no-such-bucket')).toMatch(
      /^Cannot be checked: s3:\/\/no-such-bucket at .*: NoSuchBucket \(404\)\.\n$/,
    );
    await ceph.leave();
    for (const check of [here(), there(bucket)]) {
      expect(await check).toBe(`${at} cannot be reached: ECONNREFUSED.\n`);
    }
  });
});
