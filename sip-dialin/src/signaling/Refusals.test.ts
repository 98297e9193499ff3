import { callEventSchema, type CallEventNews } from '@switchroom/protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Refusals } from './Refusals.ts';

let told: CallEventNews[];
let refusals: Refusals;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 2, 1, 12) });
  told = [];
  refusals = new Refusals(
    (event) => told.push(event),
    () => Date.now(),
  );
});
afterEach(() => {
  refusals.flush();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const stranger = (source: string) => ({ source, reason: 'stranger', code: 403 }) as const;

it('tells those of a network, trunk and reason once a minute, with their count', () => {
  for (let i = 0; i < 500; i++) refusals.add(stranger(`192.0.2.${i % 250}`));
  refusals.add(stranger('198.51.100.7'));
  const overLimit = { reason: 'trunk-limit', code: 503, trunkId: 'carrier' } as const;
  refusals.add({ source: '192.0.2.1', ...overLimit });
  expect(told).toEqual([]);
  vi.advanceTimersByTime(60_000);
  const of = { at: '2026-03-01T12:00:00.000Z', type: 'refused', direction: 'in' };
  expect(told).toEqual([
    { ...of, network: '192.0.2.0/24', reason: 'stranger', code: 403, count: 500 },
    { ...of, network: '198.51.100.0/24', reason: 'stranger', code: 403, count: 1 },
    { ...of, network: '192.0.2.0/24', ...overLimit, count: 1 },
  ]);
  for (const event of told) expect(callEventSchema.parse(event)).toEqual(event);
  refusals.add(stranger('192.0.2.9'));
  vi.advanceTimersByTime(60_000);
  expect(told.at(-1)).toMatchObject({ at: '2026-03-01T12:01:00.000Z', count: 1 });
});

it('a flood from everywhere is told in a few entries, and none of it is lost', () => {
  for (let i = 0; i < 10_000; i++) refusals.add(stranger(`10.${i >> 8}.${i & 255}.1`));
  refusals.flush();
  expect(told).toHaveLength(21);
  expect(told.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(10_000);
  expect(told.at(-1)).not.toHaveProperty('network');
});

it.each([
  ['[2001:db8:1:2::5]', '2001:db8:1::/48'],
  ['2001:db8::1', '2001:db8:0::/48'],
  ['::1', '0:0:0::/48'],
  ['::ffff:192.0.2.1', '192.0.2.0/24'],
])('%s is of %s', (source, network) => {
  refusals.add(stranger(source));
  refusals.flush();
  expect(told[0]).toMatchObject({ network });
});
