import { afterEach, beforeEach, describe, expect } from 'vitest';
import { parseSdp } from '../../../sip-dialin/src/media/sdp/parseSdp.ts';
import type { SipRequest } from '../../../sip-dialin/src/sip-server/message/SipMessage.ts';
import { tagOf } from '../../../sip-dialin/src/sip-server/message/nameAddr.ts';
import { RawPhone, SDP } from '../../../sip-dialin/src/sip-server/testing/RawPhone.ts';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { allowCalls, callIs, outboundTrunk, placeCall } from '../../support/phones/dialOut.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { RawRtp } from '../../support/phones/RawRtp.ts';
import { keyStream, mulawStream } from '../../support/phones/rtpStream.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

const CALLED = 440;
const OTHER = 910;
const TYPE = ['Content-Type: application/sdp'];

let switchroom: Switchroom;
let line: MeetingLine;
let other: BaresipPhone;
let carrier: RawPhone;
let rtp: RawRtp;
/** What it does with the first INVITE and with those that come again. */
let onInvite: (invite: SipRequest, count: number) => void;

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  carrier = await RawPhone.open({ port: Number(switchroom.sipAddress.split(':')[1]) });
  rtp = await RawRtp.open();
  let invites = 0;
  carrier.onMessage = (message) => {
    if (message.kind !== 'request' || message.method === 'ACK') return;
    if (message.method === 'INVITE') onInvite(message, ++invites);
    else carrier.reply(message, 200);
  };
  await outboundTrunk(switchroom, 'carrier', { uri: `sip:127.0.0.1:${carrier.port}` });
  await allowCalls(switchroom, { allowed: ['+1555'] });
  return async () => {
    await rtp.close();
    await carrier.close();
  };
});

beforeEach(async () => {
  carrier.received.length = 0;
  line = await openLine(switchroom);
  other = await BaresipPhone.start({ sound: tone({ frequency: OTHER, seconds: 60 }) });
  await other.dial(line.uri);
  await membersOf(switchroom, line, 1);
});

afterEach(() => other.close());

const requests = (method: string): SipRequest[] =>
  carrier.requests.filter((one) => one.method === method);
const tagsOf = (method: string): string[] =>
  requests(method).map(({ headers }) => tagOf(headers.get('To')) ?? '');

/** An answer of one fork: all of the same call, each with a tag of its own. */
function answer(invite: SipRequest, status: number, tag: string): void {
  const body = SDP.replace(/m=audio \d+/, `m=audio ${rtp.port}`);
  const options = status === 200 ? { body, headers: TYPE } : {};
  carrier.send(
    carrier.answer(invite, status, options).replace(`;tag=${carrier.tag}`, `;tag=${tag}`),
  );
}

/** Whoever answered presses 1, and speaks. */
async function joins(invite: SipRequest): Promise<void> {
  const { port } = parseSdp(invite.body.toString()).media[0]!;
  await callIs(switchroom, line.meetingId, 'Bea', 'confirming');
  await rtp.play(keyStream('1', { payloadType: 101, unitsPerMs: 8 }), port);
  const speech = mulawStream(tone({ frequency: CALLED, seconds: 20 }), { ssrc: 99, sequence: 99 });
  void rtp.play(speech, port);
  await hears(other, [CALLED], [OTHER]);
}

async function call(): Promise<void> {
  const placed = await placeCall(switchroom, line.meetingId, {
    number: '+15550188',
    name: 'Bea',
  });
  expect(placed).toHaveProperty('id');
}

describe('a call of ours', () => {
  it('that rings at two and is answered by both stays with the first, and lets the other go', async () => {
    onInvite = (invite) => {
      answer(invite, 180, 'fork-a');
      answer(invite, 180, 'fork-b');
      answer(invite, 200, 'fork-b');
      answer(invite, 200, 'fork-a');
    };
    await call();
    await eventually(() => requests('BYE').length > 0, { what: 'a BYE to the other fork' });
    await eventually(() => new Set(tagsOf('ACK')).size === 2, { what: 'an ACK to both' });
    expect(tagsOf('BYE')).toEqual(['fork-a']);
    await joins(requests('INVITE')[0]!);
    expect(tagsOf('BYE')).toEqual(['fork-a']);
  });

  it('whose INVITE and ACK are lost once is sent and acknowledged again', async () => {
    const seen: SipRequest[] = [];
    onInvite = (invite) => {
      seen.push(invite);
      // The first is lost.
      if (seen.length === 2) answer(invite, 200, 'slow');
    };
    await call();
    await eventually(() => requests('ACK').length === 1, { what: 'the ACK' });
    expect(seen[1]!.headers.get('Via')).toBe(seen[0]!.headers.get('Via'));
    // It was lost, so the answer comes again.
    answer(seen[1]!, 200, 'slow');
    await eventually(() => requests('ACK').length === 2, { what: 'the ACK again' });
    await joins(seen[1]!);
    expect(requests('BYE')).toEqual([]);
  });
});
