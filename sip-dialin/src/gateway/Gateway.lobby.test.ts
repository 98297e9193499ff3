import { describe, expect, it } from 'vitest';
import { settle, useGatewayBench } from './testing/GatewayBench.ts';
import type { BenchPhone } from './testing/BenchPhone.ts';

const bench = useGatewayBench();

/** A phone that the server has put into the lobby. */
async function waiting(): Promise<BenchPhone> {
  bench.socket.joinsAs = 'lobby';
  const phone = bench.enter();
  await settle();
  expect(phone.events).toEqual(['waiting']);
  return phone;
}

describe('Gateway: the lobby', () => {
  it('keeps the media of a phone out of the room until it is let in', async () => {
    const phone = await waiting();
    bench.tellUpdated({ state: 'lobby', handRaised: true });
    bench.tellUpdated({ state: 'lobby' });
    await settle();
    expect(phone.joins).toEqual([]);
    bench.tellUpdated({ state: 'joined' });
    bench.tellUpdated({ state: 'joined' });
    await settle();
    expect(phone.joins).toHaveLength(1);
    expect(phone.events).toEqual(['waiting', 'handRaised', 'handRaised', 'joined']);
  });

  it('heeds that it was let in before the answer to its join was read', async () => {
    bench.socket.joinsAs = 'lobby';
    const release = bench.socket.hold('phone:join');
    const phone = bench.enter();
    await settle();
    bench.tellUpdated({ id: 'p1', state: 'joined' });
    release();
    await settle();
    expect(phone.events).toEqual(['joined']);
    expect(phone.joins).toHaveLength(1);
  });

  it('tells a phone that was turned away there', async () => {
    const phone = await waiting();
    const news = { meetingId: 'm1', participantId: 'p1', reason: 'removed' } as const;
    bench.socket.handlers.news['participant:left'](news);
    expect(phone.events).toEqual(['waiting', 'removed']);
    expect(phone.joins).toEqual([]);
  });

  it('takes the media of a phone out of the room that is put back, also while it goes in', async () => {
    const phone = await bench.joined();
    bench.tellUpdated({ state: 'lobby' });
    await settle();
    expect(phone.leaves).toBe(1);
    expect(phone.events).toEqual(['joined', 'waiting']);
    const gate = Promise.withResolvers<undefined>();
    phone.joinGate = gate.promise;
    bench.tellUpdated({ state: 'joined' });
    bench.tellUpdated({ state: 'lobby' });
    gate.resolve(undefined);
    await settle();
    expect(phone.leaves).toBeGreaterThan(1);
    expect(phone.events).toEqual(['joined', 'waiting', 'waiting']);
  });

  it('hears nothing of the room', async () => {
    const phone = await waiting();
    const news = { meetingId: 'm1', locked: false, recording: true, paused: false, waiting: 1 };
    bench.socket.handlers.news['room:changed'](news);
    expect(phone.events).toEqual(['waiting']);
  });

  it('is asked for again when the server has been away', async () => {
    const phone = await waiting();
    bench.socket.disconnect();
    bench.socket.reconnect();
    await settle();
    expect(phone.events).toEqual(['waiting']);
    bench.tellUpdated({ id: 'p2', state: 'joined' });
    await settle();
    expect(phone.events).toEqual(['waiting', 'joined']);
  });

  it('is where a phone goes that was in, when the server says so as it joins again', async () => {
    const phone = await bench.joined();
    bench.socket.disconnect();
    bench.socket.joinsAs = 'lobby';
    bench.socket.reconnect();
    await settle();
    expect(phone.leaves).toBe(1);
    expect(phone.events).toEqual(['joined', 'waiting']);
  });

  it('is not there for a meeting that is locked', async () => {
    bench.socket.fail('phone:join', 'meeting-locked');
    const phone = bench.enter();
    await settle();
    expect(phone.events).toEqual(['meetingLocked']);
  });
});
