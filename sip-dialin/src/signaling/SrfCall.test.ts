import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../sip-server/testing/until.ts';
import type { Caller } from './caller.ts';
import { OutboundBench } from './outbound/testing/OutboundBench.ts';

let bench: OutboundBench;

beforeEach(async () => {
  bench = await OutboundBench.open();
});

afterEach(() => bench.close());

/** Who calls by an INVITE with these headers, and `From: "Caller" <sip:+15550199@127.0.0.1>`. */
async function callerWith(...headers: string[]): Promise<Caller | undefined> {
  const phone = await bench.carrier({});
  phone.send(phone.compose('INVITE', 1, { headers }));
  await until('the call', () => bench.inbound.length === 1);
  bench.inbound[0]?.refuse(404);
  await phone.expect(404, 'INVITE');
  return bench.inbound[0]?.caller;
}

describe('the caller of an INVITE', () => {
  const other = 'Remote-Party-ID: "Desk" <sip:+15550144@127.0.0.1>;party=calling';

  it('has the number of Remote-Party-ID, where there is no P-Asserted-Identity', async () => {
    expect(await callerWith(other)).toMatchObject({ name: 'Caller', number: '+15550144' });
  });

  it('has that of P-Asserted-Identity where there are both', async () => {
    const asserted = 'P-Asserted-Identity: <sip:+15550133@127.0.0.1>';
    expect(await callerWith(other, asserted)).toMatchObject({ number: '+15550133' });
  });

  it('is withheld where Remote-Party-ID says so', async () => {
    expect(await callerWith(`${other};privacy=full`)).toMatchObject({ name: 'Phone', number: '' });
  });
});
