import { afterEach, expect } from 'vitest';
import type { NumberPrivacy } from '@switchroom/protocol';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { allowCalls, callsOf, outboundTrunk, placeCall } from '../../support/phones/dialOut.ts';
import { membersOf, openLine } from '../../support/phones/meetingLine.ts';
import { SippCarrier } from '../../support/phones/SippCarrier.ts';
import { RoomWatcher } from '../../support/RoomWatcher.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/** By level: who calls, who is called, and how both are shown. No two have the same digits in the end. */
const LEVELS: Record<NumberPrivacy, { caller: string; called: string; shown: [string, string] }> = {
  whole: {
    caller: '+15550183391',
    called: '+4930551184',
    shown: ['+15550183391', '+4930551184'],
  },
  'last-four': { caller: '+15550186472', called: '+4930557265', shown: ['…6472', '…7265'] },
  none: { caller: '+15550189553', called: '+4930558346', shown: ['Phone', 'Phone'] },
};

let switchroom: Switchroom;
let carrier: SippCarrier;
const toClose: { close(): Promise<void> | void }[] = [];

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  carrier = await SippCarrier.start({ calls: 'answered' });
  await outboundTrunk(switchroom, 'Carrier', { uri: carrier.uri });
  await allowCalls(switchroom, { allowed: ['+49'] });
  return () => carrier.close();
});

afterEach(async () => {
  for (const one of toClose.splice(0)) await one.close();
});

it.each(Object.entries(LEVELS))(
  'a number is shown the same in lists, to the room, in recordings and their export: %s',
  async (level, { caller, called, shown: [asCaller, asCalled] }) => {
    const numberPrivacy = level as NumberPrivacy;
    const line = await openLine(switchroom, { numberPrivacy, recording: 'always' });
    const meeting = await switchroom.rest.meeting(line.meetingId);
    const watcher = await RoomWatcher.join(switchroom, meeting);
    toClose.push(watcher);
    const sound = tone({ frequency: 440, seconds: 60 });
    const phone = await BaresipPhone.start({ sound, user: caller, nameless: true });
    toClose.push(phone);
    await phone.dial(line.uri);
    await membersOf(switchroom, line, 1);
    const placed = await placeCall(switchroom, line.meetingId, { number: called });
    expect(placed).toHaveProperty('id');

    const people = await switchroom.rest.participants(line.meetingId);
    const phones = people.filter(({ kind }) => kind === 'phone').map(({ name }) => name);
    expect(phones).toEqual([asCaller]);
    expect((await callsOf(switchroom, line.meetingId)).map(({ name }) => name)).toEqual([asCalled]);
    await eventually(() => watcher.calls.length > 0, { what: 'the call told in the room' });
    const told = [...watcher.people.values()].filter(({ kind }) => kind === 'phone');
    expect(told.map(({ name }) => name)).toEqual([asCaller]);
    expect(new Set(watcher.calls.map(({ name }) => name))).toEqual(new Set([asCalled]));

    await switchroom.rest.endMeeting(line.meetingId);
    const recording = await eventually(
      async () =>
        (await switchroom.rest.recordings(line.meetingId)).find(({ state }) => state === 'sealed'),
      { what: 'the sealed recording', within: 30_000 },
    );
    const tracks = recording.tracks.filter(({ kind }) => kind === 'phone');
    expect(tracks.map(({ participantName }) => participantName)).toEqual([asCaller]);
    const zip = await switchroom.rest.raw('GET', `/recordings/${recording.id}/export`);
    expect(zip.status).toBe(200);
    // Its manifest is in it as plain text.
    expect(String(zip.body)).toContain(asCaller);
    if (level === 'whole') return;
    for (const number of [caller, called]) {
      expect(String(zip.body)).not.toContain(number.slice(-9));
    }
  },
);

it('no log has a whole number; of a meeting that shows none, not even its last digits', () => {
  const numbers = Object.values(LEVELS).flatMap(({ caller, called }) => [caller, called]);
  const { log } = switchroom;
  expect(numbers.filter((number) => log.includes(number.slice(1)))).toEqual([]);
  const { caller } = LEVELS.none;
  expect(log).not.toContain(`…${caller.slice(-4)}`);
});
