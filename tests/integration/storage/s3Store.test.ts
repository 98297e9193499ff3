import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesContent, NOT_KEPT, storeContract } from '@switchroom/recordings/testing';
import { openStore } from '@switchroom/recordings/vault';
import { CephServer } from '../../support/storage/CephServer.ts';

/* The store that speaks S3, against Ceph's. */

let ceph: CephServer;
beforeAll(async () => {
  ceph = await CephServer.start();
}, 120_000);
afterAll(() => ceph.close());

const X = bytesContent(Buffer.from('x'));
/** Above one part. */
const LARGE = bytesContent(Buffer.alloc(9 * 1024 * 1024, 1));

describe('S3Store', () => {
  describe('in a bucket', () => storeContract(async () => openStore(await ceph.bucket())));
  describe('in a bucket with versions, under a prefix', () =>
    storeContract(async () =>
      openStore({ ...(await ceph.bucket({ versions: true })), prefix: 'backups/switchroom' }),
    ));
  describe('in a bucket with Object Lock', () =>
    storeContract(async () =>
      openStore({ ...(await ceph.bucket({ lock: true })), objectLock: 'governance' }),
    ));

  it('remove() leaves no version, no mark and no unfinished upload, and nothing of others', async () => {
    const settings = { ...(await ceph.bucket({ versions: true })), prefix: 'p' };
    const store = await openStore(settings);
    for (const content of [X, LARGE, X]) await store.put('r1/a', content, NOT_KEPT);
    await store.put('r10/a', X, NOT_KEPT);
    await ceph.hide(settings, 'p/r1/a');
    await ceph.beginUpload(settings, 'p/r1/b');
    expect(await ceph.everything(settings, 'p/r1/')).toHaveLength(5);
    await store.remove('r1');
    expect(await ceph.everything(settings)).toEqual(['p/r10/a']);
    store.close();
  });
});

describe.each(['governance', 'compliance'] as const)('write-once, %s', (objectLock) => {
  it.each([
    ['a small file', X],
    ['a large one', LARGE],
  ])('keeps %s until its time, whoever asks', async (_, content) => {
    const settings = { ...(await ceph.bucket({ lock: true })), objectLock };
    const store = await openStore(settings);
    await store.check();
    const until = inSeconds(4);
    await store.put('r1/a', content, { until, hold: false });
    expect((await store.open('r1/a'))?.keep).toEqual({ until, hold: false });
    await expect(store.remove('r1')).rejects.toMatchObject({ code: 'write-once' });
    // Another in its place is another version: the one that was kept is there.
    await store.put('r1/a', X, NOT_KEPT);
    await expect(store.remove('r1')).rejects.toMatchObject({ code: 'write-once' });
    expect(await ceph.everything(settings)).toEqual(['r1/a']);
    await expect
      .poll(() => store.remove('r1').then(() => 'removed'), { timeout: 15_000, interval: 500 })
      .toBe('removed');
    expect(await ceph.everything(settings)).toEqual([]);
    store.close();
  });

  it('keeps longer, never shorter, and under hold as long as that is', async () => {
    const settings = { ...(await ceph.bucket({ lock: true })), objectLock };
    const store = await openStore(settings);
    const [soon, later] = [inSeconds(2), inSeconds(4)];
    await store.put('r1/a', X, { until: soon, hold: false });
    await store.keep('r1/a', { until: later, hold: true });
    await store.keep('r1/a', { until: soon, hold: true });
    expect((await store.open('r1/a'))?.keep).toEqual({ until: later, hold: true });
    await expect.poll(() => Date.now(), { timeout: 10_000 }).toBeGreaterThan(later.getTime() + 500);
    await expect(store.remove('r1')).rejects.toMatchObject({ code: 'write-once' });
    await store.keep('r1/a', { until: null, hold: false });
    await store.remove('r1');
    expect(await ceph.everything(settings)).toEqual([]);
    await expect(store.keep('r1/a', NOT_KEPT)).rejects.toMatchObject({ code: 'not-found' });
    store.close();
  });
});

describe('check()', () => {
  it.each([
    [{ accessKeyId: 'nobody' }, /^S3_ACCESS_KEY_ID: .* does not know it$/],
    [{ secretAccessKey: 'a secret that is wrong' }, /^S3_SECRET_ACCESS_KEY: (?!.*a secret)/],
    [{ bucket: 'no-such-bucket' }, /^S3_BUCKET: there is no bucket no-such-bucket/],
    [{ objectLock: 'compliance' as const }, /^S3_OBJECT_LOCK: the bucket b-.* has no Object Lock/],
  ])('names the setting that is wrong: %j', async (wrong, line) => {
    const store = await openStore({ ...(await ceph.bucket({ versions: true })), ...wrong });
    await expect(store.check()).rejects.toThrow(line);
    store.close();
  });

  it('is unavailable while nothing answers', async () => {
    const store = await openStore({ ...(await ceph.bucket()), endpoint: 'http://127.0.0.1:9' });
    const away = { code: 'unavailable' };
    await expect(store.check()).rejects.toMatchObject(away);
    await expect(store.open('r1/a')).rejects.toMatchObject(away);
    await expect(store.put('r1/a', X, NOT_KEPT)).rejects.toMatchObject(away);
    await expect(store.remove('r1')).rejects.toMatchObject(away);
    store.close();
  });
});

/** Whole seconds, as a store may keep them. */
function inSeconds(seconds: number): Date {
  return new Date((Math.ceil(Date.now() / 1000) + seconds) * 1000);
}
