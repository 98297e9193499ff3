import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { S3Settings } from '@switchroom/protocol';
import { collect, decodeOgg, level } from '@switchroom/recordings/testing';
import { openStore, openVault } from '@switchroom/recordings/vault';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { problem, startServer } from '../serverHarness.ts';
import { CephServer } from '../../support/storage/CephServer.ts';
import { sealedFolder } from '../../support/storage/sealedFolder.ts';
import { environmentOf, StoreHarness, verify } from './storeHarness.ts';

/*
 * Recordings that are moved to a store, from their seal to their tombstone: the server as it is, with Ceph's S3.
 */

// Each waits for the mover to look, some for a lock to run out.
vi.setConfig({ testTimeout: 120_000 });

let ceph: CephServer;
let open: StoreHarness | undefined;
beforeAll(async () => {
  ceph = await CephServer.start();
}, 120_000);
afterEach(async () => {
  await open?.close();
  open = undefined;
});
afterAll(() => ceph.close());

async function harness(settings: S3Settings): Promise<StoreHarness> {
  open = await StoreHarness.open(settings);
  return open;
}

describe('a recording in the store', () => {
  it('is played, shown, exported and checked as from disk, and leaves nothing when deleted', async () => {
    const settings = { ...(await ceph.bucket({ versions: true })), prefix: 'rec' };
    const all = await harness(settings);
    const { server, studio, copy } = all;
    const { id, tracks } = await all.record();
    const view = await all.moved(id);
    const bucket = `s3://${settings.bucket}/rec`;
    expect(view.storage).toEqual({ place: 'store', bucket, lockedUntil: null });
    const [track] = tracks;
    const sealed = ['index', 'manifest', 'mix', track!.id].map((one) => `${one}.sealed`);
    const inBucket = ['seal.json', ...sealed];
    expect((await ceph.everything(settings, `rec/${id}/`)).sort()).toEqual(
      inBucket.map((name) => `rec/${id}/${name}`).sort(),
    );
    // All of it and parts, byte for byte.
    const disk = openVault({ dir: path.join(copy, 'vault'), ...studio.keys });
    for (const [trackId, url] of [
      ['mix', `/recordings/${id}/audio`],
      [track!.id, `/recordings/${id}/tracks/${track!.id}/audio`],
    ] as const) {
      const audio = await disk.openAudio(id, trackId);
      const whole = await collect(audio.read(0, audio.size));
      const answer = await server.rest('GET', url);
      expect(answer.headers.get('recording-damage')).toBeNull();
      expect(Buffer.from(await answer.arrayBuffer()).equals(whole)).toBe(true);
      const part = await fetch(`${server.url}/api/v1${url}`, {
        headers: { authorization: `Bearer ${server.token}`, range: 'bytes=9000-12345' },
      });
      expect([part.status, part.headers.get('content-range')]).toEqual([
        206,
        `bytes 9000-12345/${whole.length}`,
      ]);
      expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(9000, 12_346))).toBe(true);
      expect(level((await decodeOgg(whole)).subarray(48_000, 144_000), 440)).toBeGreaterThan(-20);
    }
    const peaks = await server.rest('GET', `/recordings/${id}/tracks/${track!.id}/peaks`);
    const { peaks: loud } = (await peaks.json()) as { peaks: number[] };
    expect(Math.max(...loud)).toBeGreaterThan(200);

    const zip = path.join(server.dataDir, 'export.zip');
    const exported = await server.rest('GET', `/recordings/${id}/export`);
    await writeFile(zip, Buffer.from(await exported.arrayBuffer()));
    const key = studio.key.fingerprint;
    expect(await verify(zip, '--key', key)).toMatch(/^ok: recording .*/);
    // A copy of the bucket is a vault whose chain is in pieces.
    const mirror = path.join(server.dataDir, 'mirror');
    await download(settings, path.join(mirror, 'vault'), ['chain', id]);
    expect(await verify('--chain', mirror, '--key', key)).toMatch(
      /^ok: .*\n.* 1 seals.*\n.* 1 recordings, every file as it was sealed/,
    );
    const file = path.join(mirror, 'vault', id, 'mix.sealed');
    const bytes = await readFile(file);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(file, bytes);
    expect(await verify('--chain', mirror, '--key', key)).toMatch(/^wrong: .*was changed since/);

    const reason = { reason: 'Asked for by the caller' };
    expect((await server.rest('DELETE', `/recordings/${id}`, reason)).status).toBe(204);
    expect(await ceph.everything(settings)).toEqual(['rec/chain/0000000001.json']);
    expect((await server.rest('GET', `/recordings/${id}/audio`)).status).toBe(404);
    expect((await server.rest('GET', `/tombstones/${id}`)).status).toBe(200);
    const trail = await (await server.rest('GET', `/audit?subject=${id}`)).text();
    expect(trail).toContain('recording.erased');
  });

  it('is kept by the store itself until its time, and under hold', async () => {
    const settings = { ...(await ceph.bucket({ lock: true })), objectLock: 'compliance' as const };
    const all = await harness(settings);
    const { server } = all;
    expect((await server.rest('PUT', '/recording-policy', { retentionDays: 1 })).status).toBe(200);
    const over = Date.now() + 25_000;
    const { id } = await all.record(new Date(over - 24 * 3600 * 1000).toISOString());
    const { storage, expiresAt } = await all.moved(id);
    expect(Date.parse(storage.lockedUntil!) - Date.parse(expiresAt!)).toBeLessThan(1000);
    const refused = await server.rest('DELETE', `/recordings/${id}`, { reason: 'Case 7' });
    expect(await problem(refused)).toEqual({ status: 409, code: 'write-once' });
    // Also for whoever has our keys, and goes past us.
    const store = await openStore(settings);
    await expect(store.remove(id)).rejects.toMatchObject({ code: 'write-once' });
    expect((await store.open(`${id}/mix.sealed`))?.keep).toEqual({
      until: new Date(storage.lockedUntil!),
      hold: false,
    });
    const held = async (): Promise<boolean | undefined> =>
      (await store.open(`${id}/mix.sealed`))?.keep.hold;
    await server.rest('PUT', `/recordings/${id}/hold`, { reason: 'Case 7' });
    await expect.poll(held, { timeout: 15_000 }).toBe(true);
    await server.rest('DELETE', `/recordings/${id}/hold`, { reason: 'It is settled' });
    await expect.poll(held, { timeout: 15_000 }).toBe(false);
    await expect
      .poll(
        async () =>
          (await server.rest('DELETE', `/recordings/${id}`, { reason: 'It is over' })).status,
        { timeout: 30_000, interval: 1000 },
      )
      .toBe(204);
    expect(await ceph.everything(settings, id)).toEqual([]);
    store.close();
  });

  it('that was changed there is played around, and one that is gone is told', async () => {
    const settings = await ceph.bucket();
    const all = await harness(settings);
    const { server } = all;
    const { id, tracks } = await all.record();
    await all.moved(id);
    const name = `${id}/${tracks[0]!.id}.sealed`;
    const bytes = await ceph.get(settings, name);
    bytes[bytes.length >> 1]! ^= 1;
    await ceph.put(settings, name, bytes);
    const url = `/recordings/${id}/tracks/${tracks[0]!.id}/audio`;
    const around = await server.rest('GET', url);
    expect([around.status, around.headers.get('recording-damage')]).toEqual([
      200,
      expect.stringMatching(/^\d+-\d+$/),
    ]);
    await around.arrayBuffer();
    const peaks = await server.rest('GET', url.replace('/audio', '/peaks'));
    const { damage } = (await peaks.json()) as { damage: { fromMs: number; toMs: number }[] };
    expect(damage.map(({ fromMs, toMs }) => `${fromMs}-${toMs}`).join(', ')).toBe(
      around.headers.get('recording-damage'),
    );
    await ceph.hide(settings, name);
    expect(await problem(await server.rest('GET', url))).toEqual({
      ...{ status: 500, code: 'recording-damaged' },
    });
    expect(server.logs.some((line) => line.includes('damaged in the vault'))).toBe(true);
    expect(await all.metric('recording_damage_total')).toBe(2);
  });
});

describe('a store that is away', () => {
  it('leaves new recordings on disk, tells of those that it has, and gets them when it is back', async () => {
    const all = await harness(await ceph.bucket());
    const { server, studio } = all;
    const there = await all.record();
    await all.moved(there.id);
    await ceph.leave();
    try {
      const here = await all.record();
      const away = await server.rest('GET', `/recordings/${there.id}/audio`);
      expect(await problem(away)).toEqual({ status: 503, code: 'unavailable' });
      const lost = await server.rest('GET', `/recordings/${there.id}/export`);
      expect(await problem(lost)).toEqual({ status: 503, code: 'unavailable' });
      await expect
        .poll(() => all.metric('store_failures_total'), { timeout: 25_000 })
        .toBeGreaterThan(0);
      expect(await all.metric('recordings_waiting_for_store')).toBe(1);
      expect((await server.rest('GET', `/recordings/${here.id}/audio`)).status).toBe(200);
      expect(existsSync(path.join(studio.vaultDirectory, here.id, 'seal.json'))).toBe(true);
      await ceph.comeBack();
      await all.moved(here.id);
    } finally {
      await ceph.comeBack();
    }
    expect((await server.rest('GET', `/recordings/${there.id}/audio`)).status).toBe(200);
    expect(await all.metric('recordings_waiting_for_store')).toBe(0);
    expect(server.logs.join('')).not.toContain(ceph.secretAccessKey);
  });
});

describe('the start', () => {
  it.each([
    [{ S3_SECRET_ACCESS_KEY: 'a wrong secret' }, /^S3_SECRET_ACCESS_KEY: (?!.*a wrong secret)/],
    [{ S3_OBJECT_LOCK: 'compliance' }, /^S3_OBJECT_LOCK: the bucket .* has no Object Lock/],
  ])('stops with one line for %j', async (wrong, line) => {
    const env = { ...environmentOf(await ceph.bucket()), ...wrong };
    await expect(startServer({ realVault: true, env })).rejects.toThrow(line);
  });
});

describe('a move that is killed in the middle of a large file', () => {
  it('leaves the recording here, whole; the next one does it, and clears up', async () => {
    const settings = await ceph.bucket({ versions: true });
    const folder = await sealedFolder('r1', 32 * 1024 * 1024);
    const child = fork(path.join(import.meta.dirname, 'moveProcess.ts'), [
      ...[folder.vault, 'r1', JSON.stringify(settings)],
    ]);
    await expect
      .poll(() => ceph.everything(settings), { timeout: 60_000, interval: 20 })
      .toEqual(['r1/t1.sealed']);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await readdir(path.join(folder.vault, 'r1'))).sort()).toEqual(folder.names);
    expect(await ceph.everything(settings)).toEqual(['r1/t1.sealed']);
    const again = fork(path.join(import.meta.dirname, 'moveProcess.ts'), [
      ...[folder.vault, 'r1', JSON.stringify(settings)],
    ]);
    expect(await once(again, 'exit')).toEqual([0, null]);
    // Each once, and no upload that was begun.
    const names = folder.names.map((name) => `r1/${name}`);
    expect((await ceph.everything(settings)).sort()).toEqual(names);
    expect(await readdir(folder.vault)).toEqual(['.checked']);
    await folder.remove();
  });
});

/** All of these folders of a bucket, as `aws s3 sync` would bring them. */
async function download(settings: S3Settings, to: string, folders: string[]): Promise<void> {
  const store = await openStore(settings);
  for (const folder of folders) {
    await mkdir(path.join(to, folder), { recursive: true });
    for await (const name of store.list(folder)) {
      const file = (await store.open(`${folder}/${name}`))!;
      await writeFile(path.join(to, folder, name), await file.read(0, file.size));
    }
  }
  store.close();
}
