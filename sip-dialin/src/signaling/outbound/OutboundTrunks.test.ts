import { afterEach, beforeEach, expect, it } from 'vitest';
import { OutboundBench, outboundTrunk, takes } from './testing/OutboundBench.ts';

let bench: OutboundBench;
beforeEach(async () => {
  bench = await OutboundBench.open();
});
afterEach(() => bench.close());

it('passes over a trunk whose URI is none, as an older server may know one, and the others work', async () => {
  const carrier = await bench.carrier({ INVITE: takes });
  const good = outboundTrunk(carrier.port, { priority: 20 });
  const bad = outboundTrunk(1, { uri: 'sip:2001:db8::1', register: true });
  bench.trunks.update([{ ...bad, id: 'bad' }, good]);
  expect(bench.trunks.inOrder().map(({ id }) => id)).toEqual([good.id]);
  const { trunk } = await bench.dial();
  expect(trunk.id).toBe(good.id);
});
