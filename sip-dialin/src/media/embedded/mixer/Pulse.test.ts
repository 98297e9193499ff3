import { describe, expect, it } from 'vitest';
import { Pulse, type Leading } from './Pulse.ts';
import { Punctuality } from './Punctuality.ts';

/** Leads from the first packet on, until it is silent. */
class Leader implements Leading {
  isTalking = true;
  readonly quietMs = 0;
  readonly punctuality = new Punctuality();
  readonly canLead = true;
  isReady = false;
  mediaMs = 0;

  arrives(now: number): void {
    this.mediaMs += 20;
    this.punctuality.update(now, this.mediaMs);
    this.isReady = true;
  }

  lead(): void {}
  approach(): void {}
  follow(): void {}
}

describe('Pulse', () => {
  it.each([0, 60, 90, 130, 500])(
    'keeps the time of the clock when we stand still for %d ms as a leader ends, and others talk on',
    (stillMs) => {
      const pulse = new Pulse(0);
      const who = new Leader();
      let now = 0;
      for (; now < 1000; now += 20) {
        who.arrives(now);
        if (pulse.arrived(who, [who], now)) pulse.ticked(now, false);
        who.isReady = false;
      }
      expect(pulse.leader).toBe(who);
      who.isTalking = false;
      now += stillMs;
      // A timer is always a little late, and never early.
      const run = (untilMs: number): number => {
        const before = pulse.stats.ticks;
        for (; now < untilMs; now = Math.max(now, pulse.nextAt + 0.7)) {
          while (pulse.isDue(now)) pulse.ticked(now, false);
        }
        return pulse.stats.ticks - before;
      };
      run(2000);
      expect(run(62_000) / 3000).toBeCloseTo(1, 3);
    },
  );
});
