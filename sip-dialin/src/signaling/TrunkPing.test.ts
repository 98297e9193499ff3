import Srf from 'drachtio-srf';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSipServer } from '../sip-server/index.ts';
import { connected, SECRET } from '../sip-server/testing/connected.ts';
import { RawPhone } from '../sip-server/testing/RawPhone.ts';
import { askOptions, PING_TIMING, TrunkPing } from './TrunkPing.ts';

const { upMs, downMs, answerMs } = PING_TIMING;

describe('TrunkPing', () => {
  /** What the trunk answers; undefined: nothing, ever. */
  let answer: number | Error | undefined;
  let asked: number;
  let changes: boolean[];
  let ping: TrunkPing;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    answer = 200;
    asked = 0;
    changes = [];
    ping = new TrunkPing({
      ask: () => {
        asked++;
        if (answer === undefined) return new Promise(() => undefined);
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
      onChange: (reachable) => changes.push(reachable),
    });
  });

  afterEach(() => {
    ping.close();
    ping.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

  it('says once that a trunk is there, and goes on asking', async () => {
    expect(ping.reachable).toBeUndefined();
    ping.start();
    await pass(0);
    expect(ping.reachable).toBe(true);
    await pass(3 * upMs);
    expect(asked).toBe(4);
    expect(changes).toEqual([true]);
  });

  it.each([[403], [405], [407], [481], [500], [501]])('takes %i for an answer', async (status) => {
    answer = status;
    ping.start();
    await pass(0);
    expect(changes).toEqual([true]);
  });

  it.each([[408], [503], [new Error('not sent')]])('takes %s for none', async (status) => {
    answer = status;
    ping.start();
    await pass(1);
    expect(changes).toEqual([false]);
  });

  it('knows within 2 s of a question that the trunk is gone, and soon that it is back', async () => {
    ping.start();
    await pass(upMs - 1);
    answer = undefined;
    await pass(1);
    await pass(2 * answerMs);
    expect(changes).toEqual([true, false]);
    expect(ping.reachable).toBe(false);
    answer = 200;
    await pass(downMs);
    expect(changes).toEqual([true, false, true]);
  });

  it('forgives one lost packet', async () => {
    ping.start();
    await pass(upMs - 1);
    answer = undefined;
    await pass(answerMs - 1);
    answer = 200;
    await pass(2);
    expect(asked).toBe(3);
    await pass(5 * upMs);
    expect(changes).toEqual([true]);
  });

  it('says nothing after it was closed', async () => {
    answer = undefined;
    ping.start();
    ping.close();
    await pass(10 * upMs);
    expect([asked, changes.length]).toEqual([1, 0]);
  });
});

describe('askOptions()', () => {
  it('gives the status of the answer, 408 for none, and rejects what cannot be sent', async () => {
    const timers = { t1: 5, t2: 20, t4: 20 };
    const server = await startSipServer({ host: '127.0.0.1', port: 0, secret: SECRET, timers });
    const srf = await connected(new Srf(), server);
    const phone = await RawPhone.open(server.sip);
    const uri = `sip:127.0.0.1:${phone.port}`;
    phone.onMessage = (message) => {
      if (message.kind === 'request') phone.reply(message, 486);
    };
    await expect(askOptions(srf, uri)).resolves.toBe(486);
    expect(phone.requests[0]).toMatchObject({ method: 'OPTIONS', uri });
    phone.onMessage = () => undefined;
    await expect(askOptions(srf, uri)).resolves.toBe(408);
    await expect(askOptions(srf, 'sips:127.0.0.1')).rejects.toThrow();
    srf.disconnect();
    await phone.close();
    await server.close();
  });
});
