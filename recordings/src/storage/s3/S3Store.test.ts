import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { S3Store } from './S3Store.ts';

it('a store that takes what it is asked and says nothing is unavailable, and its check soon', async () => {
  let asked = 0;
  const silent = createServer(() => (asked += 1)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const settings = {
    ...{ endpoint: `http://127.0.0.1:${port}`, region: 'r', bucket: 'b', prefix: '' },
    ...{ accessKeyId: 'a', secretAccessKey: 's', pathStyle: true, objectLock: 'off' as const },
  };
  const store = new S3Store(settings, { connect: 1_000, answer: 50, check: 80 });
  onTestFinished(() => {
    store.close();
    silent.closeAllConnections();
    silent.close();
  });
  const away = { code: 'unavailable' };
  await expect(store.check()).rejects.toMatchObject(away);
  // Told so before it was asked three times.
  expect(asked).toBeLessThan(3);
  await expect(store.open('r1/mix.sealed')).rejects.toMatchObject(away);
  await expect(store.remove('r1')).rejects.toMatchObject(away);
});
