import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Meeting } from '../meetings/MeetingStore.ts';
import type { Calls, Referrer } from './Calls.ts';
import { CallsBench, NUMBER } from './testing/CallsBench.ts';

let bench: CallsBench;
let calls: Calls;
let meeting: Meeting;
beforeEach(async () => {
  bench = await CallsBench.open();
  calls = await bench.makeCalls();
  meeting = await bench.makeMeeting();
});
afterEach(() => bench.close());

describe('a phone that hands its call on', () => {
  const phone = (participantId: string, caller = `the caller of ${participantId}`): Referrer => ({
    participantId,
    caller,
  });

  it('calls the other number under the same guards, one at a time', async () => {
    const id = await calls.refer(meeting, phone('p1'), '+15550005678');
    expect(calls.list(meeting.id)).toMatchObject([{ id, name: '…5678', participantId: null }]);
    await expect(calls.refer(meeting, phone('p1'), NUMBER)).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(calls.refer(meeting, phone('p2'), '+4430')).rejects.toMatchObject({
      code: 'number-not-allowed',
    });
    calls.progress({ callId: id, state: 'failed', reason: 'busy' });
    await calls.refer(meeting, phone('p1'), NUMBER);
  });

  /** One try to hand on, which comes to nothing: undefined, or the code it was refused with. */
  async function tryOnce(by: Referrer): Promise<unknown> {
    try {
      const callId = await calls.refer(meeting, by, NUMBER);
      calls.progress({ callId, state: 'failed', reason: 'busy' });
      return undefined;
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
  }

  it('does so a few times an hour, and others do so still', async () => {
    const tries = [];
    for (let i = 0; i < 4; i++) tries.push(await tryOnce(phone('p1')));
    expect(tries).toEqual([undefined, undefined, undefined, 'rate-limited']);
    expect(await tryOnce(phone('p2'))).toBeUndefined();
    bench.clock.pass(3_600_000);
    expect(await tryOnce(phone('p1'))).toBeUndefined();
  });

  it('is counted by its caller, who may have dialled again', async () => {
    const tries = [];
    for (const id of ['p1', 'p2', 'p3', 'p4']) tries.push(await tryOnce(phone(id, 'Bea')));
    expect(tries).toEqual([undefined, undefined, undefined, 'rate-limited']);
  });

  it('leaves half of what the meeting may call to its host', async () => {
    await bench.allow({ callsPerHourPerMeeting: 4 });
    const tries = [];
    for (const id of ['p1', 'p2', 'p3']) tries.push(await tryOnce(phone(id)));
    expect(tries).toEqual([undefined, undefined, 'rate-limited']);
    await calls.create(meeting, { number: NUMBER }, { userId: 'u1' });
  });
});
