import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import type { PhoneLeg } from '../PhoneLeg.ts';
import type { CallNews } from './PlacedCall.ts';
import { Transfers } from './Transfers.ts';

/** A leg in a meeting, and a desk that counts who watches its calls. */
function bench() {
  const order = Promise.withResolvers<{ callId: string }>();
  const state = { name: 'joined', membership: { refer: () => order.promise } };
  const leg = Object.assign(new EventEmitter(), { id: 'leg1', state, close: vi.fn() });
  const watchers = new Set<(news: CallNews) => void>();
  const desk = {
    watch: (_callId: string, onNews: (news: CallNews) => void) => {
      watchers.add(onNews);
      return () => void watchers.delete(onNews);
    },
  };
  const transfers = new Transfers({ desk, logger: pino({ level: 'silent' }) });
  const told: number[] = [];
  const request = {
    target: '<sip:+15550123@127.0.0.1>',
    refuse: (status: number) => told.push(status),
    accept: () => told.push(202),
    tell: (status: number) => told.push(status),
  };
  const refer = (): void => transfers.handOn(leg as unknown as PhoneLeg, request);
  return { leg, order, watchers, told, refer };
}

it('leaves nothing behind when the phone hangs up before the server has answered', async () => {
  const { leg, order, watchers, refer } = bench();
  refer();
  leg.emit('ended');
  order.resolve({ callId: 'call1' });
  await order.promise;
  await Promise.resolve();
  expect(watchers.size).toBe(0);
  expect(leg.listenerCount('ended')).toBe(0);
});

it('is over with the first word that is the last, and may be tried again', async () => {
  const { leg, order, watchers, told, refer } = bench();
  order.resolve({ callId: 'call1' });
  for (let time = 0; time < 12; time += 1) {
    refer();
    await vi.waitFor(() => expect(watchers.size).toBe(1));
    for (const tell of watchers) tell({ state: 'failed', reason: 'busy' });
    expect(watchers.size).toBe(0);
  }
  expect(leg.listenerCount('ended')).toBe(0);
  expect(told.filter((status) => status === 486)).toHaveLength(12);
});
