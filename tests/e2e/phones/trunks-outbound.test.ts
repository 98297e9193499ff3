import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { allowCalls, callIs, outboundTrunk, placeCall } from '../../support/phones/dialOut.ts';
import { SippCarrier, type CarrierOptions } from '../../support/phones/SippCarrier.ts';
import { Switchroom } from '../../support/Switchroom.ts';

const NUMBER = '+4930555123';
/** From the INVITE to a trunk that does not take it to the INVITE to the next one, at most, s. */
const FAILOVER = 2;

let switchroom: Switchroom;
let meetingId: string;
const carriers: SippCarrier[] = [];
const trunks: string[] = [];

beforeAll(async () => {
  switchroom = await Switchroom.start();
  await allowCalls(switchroom, { allowed: ['+49'] });
  return () => switchroom.stop();
});

afterEach(async () => {
  for (const id of trunks.splice(0)) await switchroom.rest.raw('DELETE', `/trunks/${id}`);
  for (const carrier of carriers.splice(0)) await carrier.close();
});

/** A carrier, and the trunk to it: no two of the same name. */
async function carrier(
  name: string,
  options: CarrierOptions,
  outbound: object,
): Promise<SippCarrier> {
  const sipp = await SippCarrier.start(options);
  carriers.push(sipp);
  trunks.push(await outboundTrunk(switchroom, name, { uri: sipp.uri, ...outbound }));
  // Its first OPTIONS tells whether it is there.
  await eventually(() => said(switchroom.log, name) !== undefined, { what: `news of ${name}` });
  return sipp;
}

/** What the log says of a trunk's OPTIONS. */
function said(log: string, trunk: string): boolean | undefined {
  const line = log
    .split('\n')
    .findLast((one) => one.includes(`"trunk":"${trunk}"`) && one.includes('"reachable":'));
  return line === undefined ? undefined : line.includes('"reachable":true');
}

async function call(): Promise<void> {
  meetingId = (await switchroom.rest.createMeeting()).id;
  const placed = await placeCall(switchroom, meetingId, { number: NUMBER, name: 'Dora' });
  expect(placed).toHaveProperty('id');
}

describe('a call to the outside', () => {
  it('goes over the first trunk by priority, whichever was made first, with its caller id', async () => {
    const second = await carrier('Dear', { calls: 'answered' }, { priority: 20 });
    const outbound = { priority: 5, callerId: '+15550188' };
    const first = await carrier('Cheap', { calls: 'answered' }, outbound);
    await call();
    await callIs(switchroom, meetingId, 'Dora', 'confirming');
    const { text } = await first.request('INVITE');
    const { host } = new URL(first.uri.replace('sip:', 'http://'));
    expect(text).toMatch(new RegExp(`^INVITE sip:\\${NUMBER}@${host}[ ;]`));
    expect(text).toMatch(/^From:.*<sip:\+15550188@/im);
    expect(text).toMatch(/^P-Asserted-Identity:.*<sip:\+15550188@/im);
    // Nothing of the meeting, nor of who asked for the call.
    expect(text).not.toMatch(new RegExp(`${meetingId}|Owner|admin`, 'i'));
    expect(await second.requests('INVITE')).toEqual([]);
  });

  it.each([
    ['answers 503', { refused: 503 }],
    ['answers 500', { refused: 500 }],
    ['says nothing', 'silence'],
  ] as const)('goes to the next trunk within 2 s of one that %s', async (how, calls) => {
    const first = await carrier(`It ${how}`, { calls }, { priority: 1 });
    const next = await carrier(`Next of ${how}`, { calls: 'answered' }, { priority: 2 });
    await call();
    await callIs(switchroom, meetingId, 'Dora', 'confirming');
    const [tried, taken] = [await first.request('INVITE'), await next.request('INVITE')];
    expect(taken.time - tried.time).toBeLessThan(FAILOVER);
  });

  it('is not tried over a trunk that does not answer OPTIONS well, as long as there is another', async () => {
    const first = await carrier('Away', { calls: 'answered', options: 503 }, { priority: 1 });
    expect(said(switchroom.log, 'Away')).toBe(false);
    const next = await carrier('There', { calls: 'answered' }, { priority: 2 });
    await call();
    await callIs(switchroom, meetingId, 'Dora', 'confirming');
    expect(await first.requests('INVITE')).toEqual([]);
    expect(await next.requests('INVITE')).toHaveLength(1);
  });

  it('whose number is busy stays so: no other trunk makes it free', async () => {
    await carrier('First', { calls: { refused: 486 } }, { priority: 1 });
    const next = await carrier('Second', { calls: 'answered' }, { priority: 2 });
    await call();
    const { reason } = await callIs(switchroom, meetingId, 'Dora', 'failed');
    expect(reason).toBe('busy');
    expect(await next.requests('INVITE')).toEqual([]);
  });

  it('goes to the next trunk when the first has no free line', async () => {
    const first = await carrier('Narrow', { calls: 'rings' }, { priority: 1, maxCalls: 1 });
    const next = await carrier('Wide', { calls: 'answered' }, { priority: 2 });
    await call();
    await first.request('INVITE');
    await call();
    await next.request('INVITE');
    expect(await first.requests('INVITE')).toHaveLength(1);
  });
});
