import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FrameClock } from './FrameClock.ts';
import { MixBus } from './MixBus.ts';
import { Ticker } from './Ticker.ts';

describe('MixBus', () => {
  const pcm = (...samples: number[]): Int16Array => Int16Array.from(samples);

  it('sums exactly, and takes the own voice away exactly', () => {
    const bus = new MixBus(3);
    const [a, b, c] = [pcm(1, -2, 3), pcm(10, 20, -30), pcm(100, 200, 300)];
    for (const frame of [a, b, c]) bus.add(frame);
    const out = new Int16Array(3);
    bus.write(out);
    expect(out).toEqual(pcm(111, 218, 273));
    bus.writeWithout(b, out);
    expect(out).toEqual(pcm(101, 198, 303));
  });

  it('saturates once, at the end: what cancels out is not clipped on the way', () => {
    const bus = new MixBus(2);
    for (const frame of [pcm(30_000, -30_000), pcm(30_000, -30_000), pcm(-30_000, 30_000)]) {
      bus.add(frame);
    }
    const out = new Int16Array(2);
    bus.write(out);
    expect(out).toEqual(pcm(30_000, -30_000));
    bus.writeWithout(pcm(-30_000, 30_000), out);
    expect(out).toEqual(pcm(32_767, -32_768));
    bus.clear();
    bus.write(out);
    expect(out).toEqual(pcm(0, 0));
  });
});

describe('FrameClock', () => {
  it('gives a frame every 20 ms, however late the timer is', () => {
    const clock = new FrameClock(1000);
    expect(clock.framesDue(999.9)).toBe(0);
    expect(clock.framesDue(1003)).toBe(1);
    expect(clock.nextAt).toBe(1020);
    expect(clock.framesDue(1019)).toBe(0);
    expect(clock.framesDue(1041)).toBe(2);
    expect(clock.stats).toEqual({ frames: 3, caughtUp: 1, skipped: 0 });
  });

  it('catches up five frames and skips the rest', () => {
    const clock = new FrameClock(0);
    expect(clock.framesDue(1000)).toBe(5);
    expect(clock.stats.skipped).toBe(46);
    expect(clock.nextAt).toBe(1020);
  });
});

describe('Ticker', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => vi.useRealTimers());

  it('ticks 50 times a second, and has no timer when nobody is there', () => {
    const ticker = new Ticker(() => {});
    const ticked = { tick: vi.fn() };
    expect(vi.getTimerCount()).toBe(0);
    ticker.add(ticked);
    vi.advanceTimersByTime(990);
    expect(ticked.tick).toHaveBeenCalledTimes(50);
    ticker.delete(ticked);
    expect(vi.getTimerCount()).toBe(0);
    expect(ticker.isRunning).toBe(false);
  });

  it('lets nobody wait for long, with four timers for any number', () => {
    const ticker = new Ticker(() => {});
    const all = Array.from({ length: 19 }, () => ({ tick: vi.fn() }));
    for (const each of all) {
      ticker.add(each);
      expect(vi.getTimerCount()).toBeLessThanOrEqual(4);
      vi.advanceTimersByTime(1);
    }
    // Each that was added 6 ms ago or before has had its first tick.
    const waited = all.filter(({ tick }) => tick.mock.calls.length === 0).length;
    expect(waited).toBeLessThanOrEqual(6);
    vi.advanceTimersByTime(5);
    const before = all.map(({ tick }) => tick.mock.calls.length);
    expect(Math.min(...before)).toBe(1);
    vi.advanceTimersByTime(200);
    expect(all.map(({ tick }) => tick.mock.calls.length)).toEqual(before.map((one) => one + 10));
    ticker.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ticks one sooner that hurries, once', () => {
    const ticker = new Ticker(() => {});
    const [first, other] = [{ tick: vi.fn() }, { tick: vi.fn() }];
    ticker.hurry(first);
    expect(ticker.isRunning).toBe(false);
    ticker.add(first);
    ticker.add(other);
    vi.advanceTimersByTime(2);
    ticker.hurry(first);
    vi.advanceTimersByTime(4);
    expect([first.tick, other.tick].map(({ mock }) => mock.calls.length)).toEqual([2, 1]);
    vi.advanceTimersByTime(20);
    expect([first.tick, other.tick].map(({ mock }) => mock.calls.length)).toEqual([3, 2]);
    ticker.close();
  });

  it('goes on when one of them throws', () => {
    const errors: unknown[] = [];
    const ticker = new Ticker((error) => errors.push(error));
    const healthy = { tick: vi.fn() };
    ticker.add({
      tick: () => {
        throw new Error('broken');
      },
    });
    ticker.add(healthy);
    vi.advanceTimersByTime(45);
    expect(healthy.tick).toHaveBeenCalledTimes(3);
    expect(errors).toHaveLength(3);
    ticker.close();
    ticker.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
