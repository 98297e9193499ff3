import path from 'node:path';
import { collect } from '@switchroom/recordings/testing';
import { openVault } from '@switchroom/recordings/vault';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { CountingProxy } from '../../support/net/CountingProxy.ts';
import { CephServer } from '../../support/storage/CephServer.ts';
import { StoreHarness } from './storeHarness.ts';

/*
 * What the server fetches of a recording in a bucket, counted on the wire between both.
 */

vi.setConfig({ testTimeout: 120_000 });

let ceph: CephServer;
let proxy: CountingProxy;
beforeAll(async () => {
  ceph = await CephServer.start();
  proxy = await CountingProxy.to(Number(new URL(ceph.endpoint).port));
}, 120_000);
afterAll(async () => {
  await proxy.close();
  await ceph.close();
});

it('a jump in a long recording fetches the index and the ranges that it needs', async () => {
  const endpoint = `http://127.0.0.1:${proxy.port}`;
  const settings = { ...(await ceph.bucket({ versions: true })), endpoint };
  const all = await StoreHarness.open(settings);
  try {
    const { server, studio, copy } = all;
    const { id, tracks } = await all.record(undefined, 400);
    await all.moved(id);
    const trackId = tracks[0]!.id;
    const sizes = new Map<string, number>();
    for (const name of [trackId, 'index']) {
      sizes.set(name, (await ceph.get(settings, `${id}/${name}.sealed`)).length);
    }
    const disk = openVault({ dir: path.join(copy, 'vault'), ...studio.keys });
    const audio = await disk.openAudio(id, trackId);
    const whole = await collect(audio.read(0, audio.size));
    const size = sizes.get(trackId)!;
    expect(size).toBeGreaterThan(2_000_000);

    const at = Math.floor(audio.size / 2);
    const before = proxy.received;
    const part = await fetch(`${server.url}/api/v1/recordings/${id}/tracks/${trackId}/audio`, {
      headers: { authorization: `Bearer ${server.token}`, range: `bytes=${at}-${at + 9999}` },
    });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(at, at + 10_000))).toBe(
      true,
    );
    const fetched = proxy.received - before;
    expect(fetched).toBeGreaterThan(sizes.get('index')!);
    expect(fetched).toBeLessThan(sizes.get('index')! + 350_000);

    // Another one under that name, with what any client of S3 puts it by, is read from end to end.
    const bytes = await ceph.get(settings, `${id}/${trackId}.sealed`);
    bytes[bytes.length >> 1]! ^= 1;
    await ceph.put(settings, `${id}/${trackId}.sealed`, bytes);
    const once = proxy.received;
    const around = await server.rest('GET', `/recordings/${id}/tracks/${trackId}/audio`);
    expect(around.headers.get('recording-damage')).toMatch(/^\d+-\d+$/);
    await around.arrayBuffer();
    expect(proxy.received - once).toBeGreaterThan(size);
  } finally {
    await all.close();
  }
});
