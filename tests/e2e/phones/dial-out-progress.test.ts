import { afterAll, afterEach, beforeEach, describe, expect } from 'vitest';
import type { CallView, MeetingView } from '@switchroom/protocol';
import { eventually } from '../../support/eventually.ts';
import {
  allowCalls,
  callIs,
  callsOf,
  outboundTrunk,
  placeCall,
} from '../../support/phones/dialOut.ts';
import { SippCarrier } from '../../support/phones/SippCarrier.ts';
import { RoomWatcher } from '../../support/RoomWatcher.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

const NUMBER = '+4930555123';

let switchroom: Switchroom;
let meeting: MeetingView;
let watcher: RoomWatcher;
let carrier: SippCarrier | undefined;
let trunkId: string | undefined;

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  await allowCalls(switchroom, { allowed: ['+49'] });
  meeting = await switchroom.rest.createMeeting();
  watcher = await RoomWatcher.join(switchroom, meeting);
});

afterAll(async () => {
  watcher.close();
});

beforeEach(() => {
  watcher.calls.length = 0;
});

afterEach(async () => {
  if (trunkId !== undefined) await switchroom.rest.raw('DELETE', `/trunks/${trunkId}`);
  await carrier?.close();
});

/** Calls over a carrier that does so with every call. */
async function callOver(
  calls: Parameters<typeof SippCarrier.start>[0]['calls'],
  name: string,
): Promise<void> {
  carrier = await SippCarrier.start({ calls });
  trunkId = await outboundTrunk(switchroom, name, { uri: carrier.uri });
  expect(await placeCall(switchroom, meeting.id, { number: NUMBER, name })).toHaveProperty('id');
}

/** What the host was told of the call, in order. */
const told = (): string[] =>
  watcher.calls.map(({ state, reason }) => (reason === null ? state : `${state} ${reason}`));

/** How a carrier ends a call, and what is told of it. */
const ENDS: [string, Parameters<typeof callOver>[0], CallView['reason'], boolean][] = [
  ['Busy', { refused: 486, rings: true }, 'busy', true],
  ['Busy at once', { refused: 600 }, 'busy', false],
  ['Nobody', { refused: 480, rings: true }, 'no-answer', true],
  ['Unwilling', { refused: 603, rings: true }, 'refused', true],
  ['No number', { refused: 404 }, 'invalid-number', false],
  ['Out of order', { refused: 503 }, 'unreachable', false],
];

describe('a host who calls a number', () => {
  it.each(ENDS)(
    'is told how it ends, in the list and in the room: %s',
    async (name, calls, reason, rings) => {
      await callOver(calls, name);
      const call = await callIs(switchroom, meeting.id, name, 'failed');
      expect(call).toMatchObject({ name, reason, participantId: null });
      await eventually(() => told().at(-1) === `failed ${String(reason)}`, { what: 'the reason' });
      expect(told().filter((state) => state !== 'calling')).toEqual([
        ...(rings ? ['ringing'] : []),
        `failed ${String(reason)}`,
      ]);
    },
  );

  it('is told that it rings, and takes it back: the carrier gets a CANCEL', async () => {
    await callOver('rings', 'Slow');
    const { id } = await callIs(switchroom, meeting.id, 'Slow', 'ringing');
    await switchroom.rest.raw('DELETE', `/meetings/${meeting.id}/calls/${id}`);
    await carrier!.request('CANCEL');
    const calls = await callsOf(switchroom, meeting.id);
    expect(calls.filter(({ name, state }) => name === 'Slow' && state !== 'failed')).toEqual([]);
  });

  it('is told that somebody answered who has not pressed 1 yet', async () => {
    await callOver('answered', 'Voicemail');
    const { id } = await callIs(switchroom, meeting.id, 'Voicemail', 'confirming');
    expect(told()).toEqual(expect.arrayContaining(['ringing', 'confirming']));
    const people = [...watcher.people.values()].map(({ name }) => name);
    expect(people).toEqual(['Owner']);
    await switchroom.rest.raw('DELETE', `/meetings/${meeting.id}/calls/${id}`);
    await carrier!.request('BYE');
  });
});
