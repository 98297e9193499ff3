import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DialOutPolicy, MeetingView } from '@switchroom/protocol';
import { allowCalls, callIs, outboundTrunk, placeCall } from '../../support/phones/dialOut.ts';
import { SippCarrier } from '../../support/phones/SippCarrier.ts';
import { Switchroom } from '../../support/Switchroom.ts';

const NUMBER = '+4930555123';
const TOO_MANY = { status: 429, code: 'rate-limited' };

let switchroom: Switchroom;
let carrier: SippCarrier;
let meeting: MeetingView;
/** Calls that were begun so far: all count, whatever came of them. */
let begun = 0;

beforeAll(async () => {
  switchroom = await Switchroom.start();
  carrier = await SippCarrier.start({ calls: 'rings' });
  await outboundTrunk(switchroom, 'Carrier', { uri: carrier.uri });
  return async () => {
    await carrier.close();
    await switchroom.stop();
  };
});

beforeEach(async () => {
  meeting = await switchroom.rest.createMeeting();
});

async function policy(changes: Partial<DialOutPolicy> = {}): Promise<void> {
  await allowCalls(switchroom, { allowed: ['+49', '+4990012'], denied: ['+49900'], ...changes });
}

let names = 0;
/** A call that is begun, and rings. */
async function ring(of = meeting): Promise<string> {
  const name = `Number ${(names += 1)}`;
  const placed = await placeCall(switchroom, of.id, { number: NUMBER, name });
  if (!('id' in placed)) throw new Error(JSON.stringify(placed));
  begun += 1;
  await callIs(switchroom, of.id, name, 'ringing');
  return placed.id;
}

const refusal = (number = NUMBER) => placeCall(switchroom, meeting.id, { number });
const giveUp = (id: string) => switchroom.rest.raw('DELETE', `/meetings/${meeting.id}/calls/${id}`);

describe('calls to the outside', () => {
  it('are all forbidden from the start', async () => {
    expect(await refusal()).toEqual({ status: 403, code: 'number-not-allowed' });
  });

  it('go to the allowed prefixes only, of which the longest decides; never to a short number', async () => {
    await policy();
    const forbidden = { status: 403, code: 'number-not-allowed' };
    for (const number of ['+15550100', '+4990055555', '0049 900 55555']) {
      expect(await refusal(number), number).toEqual(forbidden);
    }
    for (const number of ['112', '911', 'sip:anna@example.org', '030 555123']) {
      expect(await refusal(number), number).toEqual({ status: 400, code: 'bad-request' });
    }
    expect(await carrier.requests('INVITE')).toEqual([]);
    await giveUp(await ring());
    const placed = await refusal('+4990012345');
    expect(placed).toHaveProperty('id');
    begun += 1;
    await giveUp('id' in placed ? placed.id : '');
  });

  it('are so many at a time, and another one when one is over', async () => {
    await policy({ maxCalls: 2 });
    const [first, second] = [await ring(), await ring()];
    expect(await refusal()).toEqual(TOO_MANY);
    await giveUp(first);
    await giveUp(await ring());
    await giveUp(second);
  });

  it('are so many an hour for one meeting, also those that came to nothing', async () => {
    await policy({ callsPerHourPerMeeting: 2 });
    await giveUp(await ring());
    await giveUp(await ring());
    expect(await refusal()).toEqual(TOO_MANY);
    meeting = await switchroom.rest.createMeeting();
    await giveUp(await ring());
  });

  it('are so many an hour in all, whichever meeting asks', async () => {
    await policy({ callsPerHour: begun + 1 });
    await giveUp(await ring());
    meeting = await switchroom.rest.createMeeting();
    expect(await refusal()).toEqual(TOO_MANY);
    await policy();
    await giveUp(await ring());
  });

  it('leave a line in the log, and no digit of the number', () => {
    expect(switchroom.log).toContain('place() | calling');
    // Not the last four alone: a port or a timestamp may hold them.
    expect(switchroom.log).not.toContain(NUMBER.slice(-6));
  });
});
