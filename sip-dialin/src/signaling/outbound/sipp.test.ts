import { connect } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, runSipp, type SippRun } from '../../sip-server/testing/sipp.ts';
import { until } from '../../sip-server/testing/until.ts';
import { CallFailed } from './callFailure.ts';
import { OutboundBench, outboundTrunk } from './testing/OutboundBench.ts';
import { TrunkRegistration } from './TrunkRegistration.ts';
import type { Outbound } from './trunkParts.ts';

/* Calls of ours to SIPp, by the scenarios of drachtio-srf's own suite: a peer that is not of our making. */

let bench: OutboundBench;
const SECRET = { username: 'foo', password: 'bar' };

beforeEach(async () => {
  bench = await OutboundBench.open();
});

afterEach(() => bench.close());

/** SIPp as the carrier; `done` once its scenario has gone to its end. */
async function carrier(scenario: string, more: Partial<SippRun> = {}) {
  const port = await freePort();
  const done = runSipp({ scenario, port, ...more });
  return { port, done };
}

function use(port: number, changes: Partial<Outbound> = {}): void {
  bench.trunks.update([outboundTrunk(port, changes)]);
}

describe('calls to SIPp', { timeout: 30_000 }, () => {
  it.each(['u1', 't1'] as const)('are answered, and hung up (%s)', async (transport) => {
    const { port, done } = await carrier('uas.xml', { transport });
    const suffix = transport === 't1' ? ';transport=tcp' : '';
    use(port, { uri: `sip:127.0.0.1:${port}${suffix}` });
    if (transport === 't1') await listening(port);
    const { call } = await bench.dial();
    await call.bye();
    await done;
  });

  it.each([
    ['uas-404.xml', 'invalid-number'],
    ['uas-302.xml', 'unreachable'],
  ])('come to nothing: %s, %s', async (scenario, reason) => {
    const { port, done } = await carrier(scenario);
    use(port);
    await expect(bench.dial()).rejects.toEqual(new CallFailed(reason as 'unreachable'));
    await done;
  });

  it('are cancelled', async () => {
    const { port, done } = await carrier('uas-cancel.xml');
    use(port);
    const abort = new AbortController();
    const dial = bench.dial({ signal: abort.signal, onRinging: () => abort.abort() });
    await expect(dial).rejects.toEqual(new CallFailed('cancelled'));
    await done;
  });

  it.each(['uas-auth.xml', 'uas-bye-with-auth.xml'])('prove who we are: %s', async (scenario) => {
    const { port, done } = await carrier(scenario);
    use(port, SECRET);
    const { call } = await bench.dial();
    await call.bye();
    await done;
  });

  it('acknowledge reliable ringing', async () => {
    const { port, done } = await carrier('uas-prack.xml');
    use(port);
    const { call } = await bench.dial();
    await call.bye();
    await done;
  });

  it('are preceded by a REGISTER, where one is wanted', async () => {
    const { port, done } = await carrier('uas-auth-register.xml');
    const [trunk] = [outboundTrunk(port, { ...SECRET, register: true })];
    const registration = new TrunkRegistration({
      ...{ outbound: trunk.outbound!, client: bench.listener.client, locator: bench.locator },
      ...{ onChange: () => undefined, logger: pino({ level: 'silent' }) },
      timing: { farewellMs: 1 },
    });
    registration.start();
    await until('the registration', () => registration.registered);
    await done;
    await registration.close();
  });
});

async function listening(port: number): Promise<void> {
  let is = false;
  while (!is) {
    is = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
  }
}
