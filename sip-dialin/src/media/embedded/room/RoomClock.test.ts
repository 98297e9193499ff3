import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Leading } from '../mixer/Pulse.ts';
import { Punctuality } from '../mixer/Punctuality.ts';
import { RoomClock } from './RoomClock.ts';

/** Somebody who talks, and whose packets `RoomClock` may play as they come. */
class Talker implements Leading {
  readonly isTalking = true;
  readonly quietMs = 0;
  readonly punctuality = new Punctuality();
  readonly canLead = true;
  isReady = false;
  mediaMs = 0;
  leads = false;

  arrives(unreadSince = performance.now()): void {
    this.mediaMs += 20;
    this.punctuality.update(performance.now(), this.mediaMs, unreadSince);
    this.isReady = true;
  }

  lead(): void {
    this.leads = true;
  }

  approach(): void {}

  follow(): void {
    this.leads = false;
  }
}

describe('RoomClock', () => {
  let talker = new Talker();
  let ticks: number[] = [];
  let clock: RoomClock;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
    ticks = [];
    talker = new Talker();
    clock = new RoomClock((now) => {
      ticks.push(now);
      talker.isReady = false;
      return !talker.leads;
    });
  });
  afterEach(() => {
    clock.stop();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('ticks 50 times a second, and has no timer when it is stopped', () => {
    expect(vi.getTimerCount()).toBe(0);
    clock.start();
    clock.start();
    vi.advanceTimersByTime(990);
    expect(ticks).toHaveLength(50);
    clock.stop();
    clock.stop();
    expect(clock.isRunning).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ticks when a packet of the leader comes, and by itself when one is missing', () => {
    clock.start();
    vi.advanceTimersByTime(90);
    const start = performance.now();
    ticks = [];
    for (let i = 0; i < 6; i++) {
      if (i !== 3) {
        talker.arrives();
        clock.arrived(talker, [talker], performance.now());
      } else talker.mediaMs += 20;
      vi.advanceTimersByTime(20);
    }
    expect(talker.leads).toBe(true);
    const at = ticks.map((tick) => Math.round(tick - start));
    expect(at).toEqual([0, 20, 40, expect.any(Number), 80, 100]);
    expect(at[3]).toBeGreaterThan(60);
    expect(at[3]).toBeLessThan(80);
    clock.stop();
    expect(talker.leads).toBe(false);
  });

  it('leaves the lead to whose packets it has read late because it was late itself', () => {
    const now = performance.now.bind(performance);
    let stalledMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now() + stalledMs);
    const arrives = (): void => {
      talker.arrives(clock.unreadSince(performance.now()));
      clock.arrived(talker, [talker], performance.now());
    };
    clock.start();
    for (let i = 0; i < 50; i++, vi.advanceTimersByTime(20)) arrives();
    // Nothing is read and no timer goes off for 60 ms, in which three packets come.
    stalledMs += 60;
    ticks = [];
    for (let i = 0; i < 4; i++) arrives();
    expect(ticks).toHaveLength(4);
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(20);
      arrives();
    }
    expect(talker.leads).toBe(true);
    expect(clock.stats).toMatchObject({ leaders: 1, lost: 0, missed: 0 });
  });

  it('is still when nobody started it', () => {
    talker.arrives();
    clock.arrived(talker, [talker], performance.now());
    expect(ticks).toEqual([]);
  });
});
