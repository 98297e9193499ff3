import Srf from 'drachtio-srf';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { SrfClient } from './SrfClient.ts';

it('gives up a request that the SIP server never tells the end of', async () => {
  vi.useFakeTimers();
  const srf = new Srf();
  vi.spyOn(srf, 'request').mockReturnValue(undefined);
  const client = new SrfClient(srf, pino({ level: 'silent' }));
  const answer = client.request({ method: 'REGISTER', uri: 'sip:a', hop: 'sip:a', headers: {} });
  const failed = expect(answer).rejects.toMatchObject({ code: 'unavailable' });
  await vi.advanceTimersByTimeAsync(35_000);
  await failed;
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
