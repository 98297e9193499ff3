import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Meeting } from './MeetingStore.ts';
import { PinGuard, type PinLimits, type PinTry } from './PinGuard.ts';

const MEETING = { id: 'm1' } as Meeting;
const right = async (): Promise<Meeting> => MEETING;
const wrong = async (): Promise<undefined> => undefined;

let logs = '';
const logger = pino(
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      logs += chunk.toString();
      done();
    },
  }),
);
const guard = (limits: Partial<PinLimits>): PinGuard => new PinGuard({ logger, limits });
const by = (overrides: Partial<PinTry> = {}): PinTry => ({
  caller: '+15550123',
  did: '+15550100',
  trunkId: 't1',
  ...overrides,
});
const limited = { code: 'rate-limited' };
const later = { code: 'pin-later' };
const code = (error: unknown): unknown => (error as { code: string }).code;

describe('PinGuard', () => {
  beforeEach(() => {
    logs = '';
    vi.useFakeTimers();
  });
  afterEach(() => void vi.useRealTimers());

  it('gives the meeting of a right PIN, and says that a wrong one is wrong', async () => {
    const pins = guard({});
    expect(await pins.check(by(), right)).toBe(MEETING);
    await expect(pins.check(by(), wrong)).rejects.toMatchObject({ code: 'pin-wrong' });
  });

  it('stops a guesser by caller, whatever else changes, and nobody else', async () => {
    const pins = guard({ caller: 2 });
    for (let tries = 0; tries < 2; tries += 1) {
      await expect(pins.check(by(), wrong)).rejects.toMatchObject({ code: 'pin-wrong' });
    }
    const find = vi.fn(right);
    const elsewhere = by({ did: '+15550101', trunkId: 't2' });
    await expect(pins.check(elsewhere, find)).rejects.toMatchObject(limited);
    expect(find).not.toHaveBeenCalled();
    expect(await pins.check(by({ caller: '+15550999' }), right)).toBe(MEETING);
  });

  it('lets a guesser try again after ten minutes', async () => {
    const pins = guard({ caller: 1 });
    await expect(pins.check(by(), wrong)).rejects.toMatchObject({ code: 'pin-wrong' });
    await vi.advanceTimersByTimeAsync(599_000);
    await expect(pins.check(by(), right)).rejects.toMatchObject(limited);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await pins.check(by(), right)).toBe(MEETING);
  });

  it('does not start the count anew after a right PIN', async () => {
    const pins = guard({ caller: 2 });
    await expect(pins.check(by(), wrong)).rejects.toMatchObject({ code: 'pin-wrong' });
    await pins.check(by(), right);
    await expect(pins.check(by(), wrong)).rejects.toMatchObject({ code: 'pin-wrong' });
    await expect(pins.check(by(), right)).rejects.toMatchObject(limited);
  });

  it('a guesser gains nothing by many guesses at once', async () => {
    const pins = guard({ caller: 3 });
    const found = [...Array<typeof wrong>(5).fill(wrong), right, wrong, wrong];
    const guesses = found.map((find) => pins.check(by(), find));
    const codes = (await Promise.allSettled(guesses)).map((result) =>
      result.status === 'rejected' ? (result.reason as { code: string }).code : 'right',
    );
    // Nor is the right one told from those that were wrong.
    expect(codes.slice(3)).toEqual(Array(5).fill('rate-limited'));
  });

  describe('of anonymous callers', () => {
    const nobody = by({ caller: '192.0.2.1', anonymous: true });
    it('takes so many wrong PINs by trunk and address, and then one each 20 s', async () => {
      const pins = guard({ caller: 1, anonymous: 2 });
      for (let tries = 0; tries < 3; tries += 1) {
        await expect(pins.check(nobody, wrong)).rejects.toMatchObject({ code: 'pin-wrong' });
      }
      const find = vi.fn(right);
      await expect(pins.check(nobody, find)).rejects.toMatchObject({ code: 'pin-later' });
      expect(find).not.toHaveBeenCalled();
      for (const other of [{ trunkId: 't2' }, { caller: '192.0.2.2' }]) {
        expect(await pins.check({ ...nobody, ...other }, right)).toBe(MEETING);
      }
      expect(await pins.check(by(), right)).toBe(MEETING);
      await vi.advanceTimersByTimeAsync(20_001);
      expect(await pins.check(nobody, right)).toBe(MEETING);
    });

    it('takes them again as they come after ten minutes', async () => {
      const pins = guard({ anonymous: 1 });
      await expect(pins.check(nobody, wrong)).rejects.toMatchObject({ code: 'pin-wrong' });
      await vi.advanceTimersByTimeAsync(601_000);
      expect(await pins.check(nobody, right)).toBe(MEETING);
      expect(await pins.check(nobody, right)).toBe(MEETING);
    });

    it('many guesses at once gain nothing', async () => {
      const pins = guard({ anonymous: 3 });
      const found = [...Array<typeof wrong>(5).fill(wrong), right, wrong];
      const guesses = found.map((find) => pins.check(nobody, find).catch(code));
      const told = await Promise.all(guesses);
      expect(told.slice(3)).toEqual(Array(4).fill('rate-limited'));
      const later = [wrong, right, wrong].map((find) => pins.check(nobody, find).catch(code));
      expect(await Promise.all(later)).toEqual(['pin-wrong', 'pin-later', 'pin-later']);
    });

    it('one who guesses without end has sixty tries in ten minutes, and makes none with a number wait', async () => {
      const pins = guard({});
      const answers: unknown[] = [];
      const wrongIn = async (minutes: number): Promise<number> => {
        answers.length = 0;
        for (let seconds = 0; seconds < minutes * 60; seconds += 1) {
          answers.push(await pins.check(nobody, wrong).catch(code));
          await vi.advanceTimersByTimeAsync(1_000);
        }
        return answers.filter((answer) => answer === 'pin-wrong').length;
      };
      const inTen = await wrongIn(10);
      // Of the ten minutes, the first thirty seconds are of the tries that are free.
      expect([inTen, new Set(answers)]).toEqual([59, new Set(['pin-wrong', 'pin-later'])]);
      expect(await pins.check(by(), right)).toBe(MEETING);
      expect(await wrongIn(50)).toBeLessThanOrEqual(5 * 60);
    });

    it('no ten minutes have as many as make those with a number wait, whenever they begin', async () => {
      const pins = guard({});
      const many = async (): Promise<void> => {
        for (let tries = 0; tries < 50; tries += 1) {
          await expect(pins.check(nobody, wrong)).rejects.toThrow();
        }
      };
      // Another number, so that the count of this one begins when that of the callers is nearly over.
      await expect(pins.check({ ...nobody, did: '+15550199' }, wrong)).rejects.toThrow();
      await vi.advanceTimersByTimeAsync(590_000);
      await many();
      for (let turn = 0; turn < 27; turn += 1) {
        await vi.advanceTimersByTimeAsync(21_000);
        await many();
      }
      expect(await pins.check(by(), right)).toBe(MEETING);
    });
  });

  describe('of callers whose numbers may be made up', () => {
    let made = 0;
    const stranger = (overrides: Partial<PinTry> = {}): PinTry => {
      made += 1;
      return by({ caller: `made up ${made}`, ...overrides });
    };

    it.each([
      ['did', 20_000, { trunkId: 't2', did: '1 (555) 0100' }, { did: '+15550101' }],
      ['trunk', 10_000, { did: '+15550101' }, { trunkId: 't2', did: '+15550102' }],
    ] as const)(
      'takes so many wrong PINs by %s, then one each %d ms, whatever else changes, and elsewhere all',
      async (limit, everyMs, same, other) => {
        const pins = guard({ [limit]: 2 });
        for (let tries = 0; tries < 3; tries += 1) {
          await expect(pins.check(stranger(), wrong)).rejects.toMatchObject({ code: 'pin-wrong' });
        }
        const find = vi.fn(right);
        await expect(pins.check(stranger(same), find)).rejects.toMatchObject(later);
        expect(find).not.toHaveBeenCalled();
        expect(await pins.check(stranger(other), right)).toBe(MEETING);
        await vi.advanceTimersByTimeAsync(everyMs);
        expect(await pins.check(stranger(same), right)).toBe(MEETING);
      },
    );

    it('takes them again as they come after ten minutes', async () => {
      const pins = guard({ did: 1 });
      await expect(pins.check(stranger(), wrong)).rejects.toMatchObject({ code: 'pin-wrong' });
      await vi.advanceTimersByTimeAsync(601_000);
      for (let calls = 0; calls < 3; calls += 1) await pins.check(stranger(), right);
    });

    it('many guesses at once gain nothing', async () => {
      const pins = guard({ did: 3 });
      const found = [...Array<typeof wrong>(5).fill(wrong), right, wrong];
      const told = found.map((find) => pins.check(stranger(), find).catch(code));
      expect((await Promise.all(told)).slice(3)).toEqual(Array(4).fill('rate-limited'));
      const then = [wrong, right, wrong].map((find) => pins.check(stranger(), find).catch(code));
      expect(await Promise.all(then)).toEqual(['pin-wrong', 'pin-later', 'pin-later']);
    });

    it('a caller who has a turn is held to what one caller may try', async () => {
      const pins = guard({ did: 1, caller: 2 });
      await expect(pins.check(stranger(), wrong)).rejects.toMatchObject({ code: 'pin-wrong' });
      for (let tries = 0; tries < 2; tries += 1) {
        await expect(pins.check(by(), wrong)).rejects.toMatchObject({ code: 'pin-wrong' });
        await vi.advanceTimersByTimeAsync(20_000);
      }
      await expect(pins.check(by(), right)).rejects.toMatchObject(limited);
    });

    it.each([
      ['one number', 100, (): string => '+15550100'],
      ['one trunk', 200, (n: number): string => `+1555010${n % 10}`],
    ])(
      'one who makes up numbers without end guesses at %s no more often than docs/phones.md says',
      async (_, inTenMinutes, didOf) => {
        const pins = guard({});
        const wrongIn = async (minutes: number): Promise<number> => {
          let looked = 0;
          for (let tries = 0; tries < minutes * 120; tries += 1) {
            const answer = await pins.check(stranger({ did: didOf(tries) }), wrong).catch(code);
            if (answer === 'pin-wrong') looked += 1;
            await vi.advanceTimersByTimeAsync(500);
          }
          return looked;
        };
        const first = await wrongIn(10);
        expect(first).toBeLessThanOrEqual(inTenMinutes);
        expect(first).toBeGreaterThan(inTenMinutes * 0.9);
        expect(await wrongIn(50)).toBeLessThanOrEqual(inTenMinutes * 5);
      },
    );
  });

  describe('while those who are new have to wait for a turn', () => {
    const other = async (): Promise<Meeting> => ({ ...MEETING, id: 'm2' });
    async function crowded(limits: Partial<PinLimits> = {}, before = by()): Promise<PinGuard> {
      const pins = guard({ did: 3, ...limits });
      await pins.check(before, right);
      // The last one takes a turn, so that the next is to come.
      for (let tries = 0; tries < 4; tries += 1) {
        const guesser = by({ caller: `guesser ${tries}` });
        await expect(pins.check(guesser, wrong)).rejects.toMatchObject({ code: 'pin-wrong' });
      }
      return pins;
    }

    it('who was in a meeting before gets into it at once, over the same trunk', async () => {
      const pins = await crowded();
      expect(await pins.check(by(), right)).toBe(MEETING);
      await expect(pins.check(by({ caller: 'new' }), right)).rejects.toMatchObject(later);
      await expect(pins.check(by({ trunkId: 't2' }), right)).rejects.toMatchObject(later);
    });

    it('nobody learns whether a PIN of another meeting is right, before its turn', async () => {
      const pins = await crowded();
      await expect(pins.check(by(), wrong)).rejects.toMatchObject(later);
      await expect(pins.check(by(), other)).rejects.toMatchObject(later);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(await pins.check(by(), other)).toMatchObject({ id: 'm2' });
    });

    it('who was there before guesses no more often than a call may, one by one or at once', async () => {
      const pins = await crowded({ regular: 2 });
      for (const find of [wrong, wrong, right]) {
        await expect(pins.check(by(), find)).rejects.toMatchObject(later);
      }
      const again = await crowded({ regular: 2 });
      const guesses = [wrong, wrong, right].map((find) => again.check(by(), find));
      for (const result of await Promise.allSettled(guesses)) {
        expect(result).toMatchObject({ status: 'rejected', reason: later });
      }
    });

    it('an anonymous caller is never known', async () => {
      const nobody = by({ caller: '192.0.2.1', anonymous: true });
      const pins = await crowded({}, nobody);
      await expect(pins.check(nobody, right)).rejects.toMatchObject(later);
    });
  });

  it('a PIN that got about does not flood its meeting', async () => {
    const pins = guard({ meeting: 2 });
    await pins.check(by({ caller: 'a' }), right);
    await pins.check(by({ caller: 'b' }), right);
    await expect(pins.check(by({ caller: 'c' }), right)).rejects.toMatchObject(limited);
    expect(await pins.check(by(), async () => ({ ...MEETING, id: 'm2' }))).toMatchObject({
      id: 'm2',
    });
    await vi.advanceTimersByTimeAsync(61_000);
    expect(await pins.check(by({ caller: 'c' }), right)).toBe(MEETING);
  });

  it('logs once that somebody is stopped, and no number', async () => {
    const pins = guard({ caller: 1 });
    for (let tries = 0; tries < 3; tries += 1) {
      await expect(pins.check(by(), wrong)).rejects.toThrow();
    }
    expect(logs.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(logs)).toMatchObject({ by: 'caller', level: 40 });
    expect(logs).not.toMatch(/5550/);
  });
});
