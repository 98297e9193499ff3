import { describe, expect, it, vi } from 'vitest';
import { CONFIRM_MS } from '../ivr/confirming.ts';
import { callEnd } from './callEnd.ts';
import { settle, usePhoneLegBench } from './testing/PhoneLegBench.ts';

const bench = usePhoneLegBench();

describe('PhoneLeg: a call of ours', () => {
  it('invites in the language that was ordered, and joins by its order on 1', async () => {
    await bench.makeInvited();
    await bench.leg.start();
    expect(bench.lastFiles()).toEqual(['es/invited']);
    bench.sound().press('91');
    expect(bench.sound().playing).toBe(false);
    expect(bench.rooms.phones).toMatchObject([
      { meetingId: 'm1', callId: 'c1', number: '+15550177', name: '…0177', role: 'participant' },
    ]);
    bench.rooms.tellJoined();
    expect(bench.states).toEqual(['confirming', 'joining', 'joined']);
  });

  it('says what the 1 does to one who called themselves', async () => {
    await bench.makeInvited({ callMe: true, language: 'de' });
    await bench.leg.start();
    expect(bench.lastFiles()).toEqual(['de/invited-call-me']);
  });

  it('hangs up on a voicemail, which never enters', async () => {
    await bench.makeInvited();
    await bench.leg.start();
    for (let said = 0; said < 3; said += 1) {
      expect(bench.lastPlayed()).toEqual(['invited']);
      bench.sound().finishPrompt();
      await vi.advanceTimersByTimeAsync(CONFIRM_MS);
    }
    expect(bench.call.sent).toEqual(['BYE']);
    expect(bench.ends).toEqual([callEnd.farewell('not-confirmed')]);
    expect(bench.rooms.phones).toEqual([]);
  });

  it('ends when its time is over, with a word', async () => {
    await bench.makeInvited({ maxSeconds: 60 });
    await bench.leg.start();
    bench.sound().press('1');
    bench.rooms.tellJoined();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(bench.lastPlayed()).toEqual(['time-over', 'goodbye']);
    bench.sound().finishPrompt();
    await settle();
    expect(bench.ends).toEqual([callEnd.farewell('time-over')]);
  });

  it('ends when the one who was called hangs up, or before it has started', async () => {
    await bench.makeInvited();
    bench.call.emit({ type: 'ended', lost: false });
    await bench.leg.start();
    await settle();
    expect(bench.ends).toEqual([callEnd.hungUp()]);
    expect(bench.media.legs.size).toBe(0);
  });
});
