import { describe, expect, it, vi } from 'vitest';
import { NO_INPUT_MS } from '../ivr/askingPin.ts';
import { callEnd } from './callEnd.ts';
import { FakeCall } from './testing/FakeCall.ts';
import { settle, usePhoneLegBench } from './testing/PhoneLegBench.ts';

const bench = usePhoneLegBench();

describe('PhoneLeg: the PIN', () => {
  it('joins on the right PIN without a word, and stops the prompt', async () => {
    await bench.joined();
    expect(bench.states).toEqual(['greeting', 'askingPin', 'joining', 'joined']);
    expect(bench.rooms.checked).toMatchObject([
      { trunkId: 'carrier', pin: '123456', caller: '+15550123' },
    ]);
    expect(bench.rooms.phones[0]).toMatchObject({
      meetingId: 'm1',
      name: 'Ada',
      number: '+15550123',
    });
    expect(bench.sound().played).toHaveLength(1);
    expect(bench.sound().playing).toBe(false);
  });

  it('takes keys that come before the ACK', async () => {
    const acked = Promise.withResolvers<undefined>();
    bench.call.answer = () => acked.promise;
    const start = bench.leg.start();
    await settle();
    bench.sound().press('123');
    acked.resolve(undefined);
    await start;
    bench.sound().press('456#');
    await settle();
    expect(bench.rooms.checked).toMatchObject([{ pin: '123456' }]);
  });

  it('takes keys from SIP INFO as well', async () => {
    await bench.answered();
    for (const key of '123456#') bench.call.emit({ type: 'key', key });
    await settle();
    expect(bench.leg.state.name).toBe('joining');
  });

  it('counts a key once that comes in the media and by SIP INFO', async () => {
    await bench.answered();
    for (const key of '112456#') {
      bench.sound().press(key);
      bench.call.emit({ type: 'key', key });
    }
    await settle();
    expect(bench.rooms.checked).toMatchObject([{ pin: '112456' }]);
  });

  it('tells of wrong PINs and says BYE after the third', async () => {
    await bench.answered();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      bench.sound().press('000000#');
      await settle();
      expect(bench.lastPlayed()).toEqual(['pin-wrong', 'enter-pin']);
    }
    bench.sound().press('000000#');
    await settle();
    expect(bench.lastPlayed()).toEqual(['pin-wrong', 'goodbye']);
    expect(bench.leg.state.name).toBe('leaving');
    bench.sound().finishPrompt();
    await settle();
    expect(bench.call.sent.at(-1)).toBe('BYE');
    expect(bench.ends).toEqual([callEnd.farewell('pin-wrong')]);
  });

  it('repeats the prompt to a silent caller, and the end of an old prompt means nothing', async () => {
    await bench.answered();
    bench.sound().finishPrompt();
    await vi.advanceTimersByTimeAsync(NO_INPUT_MS);
    expect(bench.lastPlayed()).toEqual(['enter-pin']);
    // The new prompt plays: no timer runs yet.
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['unavailable', 'unreachable'],
    ['rate-limited', 'too-many-tries'],
    ['meeting-ended', 'meeting-ended'],
  ] as const)('says so and hangs up when the PIN check fails with %s', async (code, prompt) => {
    bench.rooms.pinError = code;
    await bench.answered();
    bench.sound().press('123456#');
    await settle();
    expect(bench.lastPlayed()).toEqual([prompt, 'goodbye']);
    bench.sound().finishPrompt();
    await settle();
    expect(bench.call.sent.at(-1)).toBe('BYE');
  });

  it('lets a PIN wait for its turn, with music', async () => {
    bench.rooms.pinError = 'pin-later';
    await bench.answered();
    bench.sound().press('123456#');
    await settle();
    expect(bench.lastPlayed()).toEqual(['waiting-music']);
    expect(bench.leg.state.name).toBe('askingPin');
    bench.rooms.pinError = undefined;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(bench.rooms.checked).toMatchObject([{ pin: '123456' }, { pin: '123456' }]);
    expect(bench.leg.state.name).toBe('joining');
    expect(bench.sound().playing).toBe(false);
  });

  it.each([
    ['what the network tells of them', '#hash', { caller: '#hash' }],
    ['where they call from, with others', '', { caller: '127.0.0.9', anonymous: true }],
  ])('throttles withheld numbers by %s', async (_, key, by) => {
    bench.make(new FakeCall({ source: '127.0.0.9' }));
    Object.assign(bench.call.caller, { name: 'Phone', number: '', key });
    await bench.answered();
    bench.sound().press('1#');
    await settle();
    const { caller, anonymous } = bench.rooms.checked[0]!;
    expect({ caller, ...(anonymous !== undefined && { anonymous }) }).toEqual(by);
  });
});
