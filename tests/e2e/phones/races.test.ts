import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RawPhone, SDP } from '../../../sip-dialin/src/sip-server/testing/RawPhone.ts';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { freePortRange } from '../../support/net/freePort.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { Switchroom } from '../../support/Switchroom.ts';

/** Room for so many calls: one that leaves its ports behind is missed. */
const ROOM_FOR = 10;
const ROUNDS = 15;

let switchroom: Switchroom;
let line: MeetingLine;
const phones: RawPhone[] = [];

beforeAll(async () => {
  const { min, max } = await freePortRange(2 * ROOM_FOR);
  switchroom = await Switchroom.start({ env: { RTP_PORTS: `${min}-${max}` } });
  line = await openLine(switchroom);
  const { body } = await switchroom.rest.raw('GET', '/trunks');
  const [trunk] = body as { id: string }[];
  await switchroom.rest.raw('PATCH', `/trunks/${trunk!.id}`, { callsPerSecond: 100 });
  return () => switchroom.stop();
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
  await membersOf(switchroom, line, 0);
});

async function phone(): Promise<RawPhone> {
  const port = Number(switchroom.sipAddress.split(':')[1]);
  const made = await RawPhone.open({ port });
  phones.push(made);
  return made;
}

/** Sends an INVITE; gives its branch. */
function invite(from: RawPhone): string {
  const branch = from.branch();
  const headers = ['Content-Type: application/sdp'];
  from.send(from.compose('INVITE', 1, { uri: line.uri, branch, body: SDP, headers }));
  return branch;
}

/** Waits for the last word on the INVITE, and acknowledges it. */
async function outcome(of: RawPhone, branch: string): Promise<number> {
  const status = await eventually(
    () => of.responses.find((one) => one.status >= 200 && isInvite(one))?.status,
    { what: 'an answer to the INVITE' },
  );
  await of.expect(status, 'INVITE');
  const ack = status === 200 ? {} : { branch };
  of.send(of.compose('ACK', 1, { uri: line.uri, ...ack }));
  return status;
}

const isInvite = ({ headers }: { headers: { get(name: string): string | undefined } }): boolean =>
  headers.get('CSeq')?.includes('INVITE') === true;

async function hangUp(of: RawPhone): Promise<void> {
  of.send(of.compose('BYE', 2, { uri: line.uri }));
  await of.expect(200, 'BYE');
}

/** A call after all that is as good as any. */
async function stillTakesCalls(): Promise<void> {
  await membersOf(switchroom, line, 0);
  const one = await SippPhone.dial({ uri: line.uri, sound: tone({ frequency: 440, seconds: 20 }) });
  const two = await SippPhone.dial({ uri: line.uri, sound: tone({ frequency: 910, seconds: 20 }) });
  try {
    await hears(one, [910], [440]);
    await hears(two, [440], [910]);
  } finally {
    await one.close();
    await two.close();
  }
}

describe('what crosses on the wire', () => {
  it('a CANCEL at any moment ends its call, one way or the other', async () => {
    const outcomes = new Set<number>();
    for (let round = 0; round < ROUNDS; round++) {
      const caller = await phone();
      const branch = invite(caller);
      // Later and later: before the 100, before the 200, after it.
      for (let i = 0; i < round; i++) await new Promise(setImmediate);
      caller.send(caller.compose('CANCEL', 1, { uri: line.uri, branch, toTag: '' }));
      const status = await outcome(caller, branch);
      expect([200, 487]).toContain(status);
      outcomes.add(status);
      if (status === 200) await hangUp(caller);
    }
    expect(outcomes.has(487)).toBe(true);
    await stillTakesCalls();
  });

  it('a BYE at once, instead of the ACK or twice, ends its call', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const caller = await phone();
      const branch = invite(caller);
      await caller.expect(200, 'INVITE');
      if (round % 3 > 0) await outcome(caller, branch);
      if (round % 3 === 2) {
        const bye = caller.compose('BYE', 2, { uri: line.uri });
        caller.send(bye);
        caller.send(bye);
      }
      await hangUp(caller);
    }
    await stillTakesCalls();
  });

  it('a caller that hangs up as the meeting ends is answered', async () => {
    const short = await openLine(switchroom);
    const caller = await phone();
    caller.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'BYE') caller.reply(message, 200);
    };
    const headers = ['Content-Type: application/sdp'];
    caller.send(caller.compose('INVITE', 1, { uri: short.uri, body: SDP, headers }));
    await caller.expect(200, 'INVITE');
    caller.send(caller.compose('ACK', 1, { uri: short.uri }));
    await membersOf(switchroom, short, 1);
    const ended = switchroom.rest.endMeeting(short.meetingId);
    caller.send(caller.compose('BYE', 2, { uri: short.uri }));
    await eventually(() => caller.responses.some((one) => isAnswerTo(one, 'BYE')), {
      what: 'an answer to the BYE',
    });
    await ended;
    await membersOf(switchroom, line, 0);
  });
});

const isAnswerTo = (
  { headers }: { headers: { get(name: string): string | undefined } },
  method: string,
): boolean => headers.get('CSeq')?.endsWith(method) === true;
