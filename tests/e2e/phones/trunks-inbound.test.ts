import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { tone } from '../../support/audio/tones.ts';
import { membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { sippBurst } from '../../support/phones/sippBurst.ts';
import { SippPhone, type SippOptions } from '../../support/phones/SippPhone.ts';
import { Switchroom } from '../../support/Switchroom.ts';

/* Whom calls may come from: every address of 127.0.0.0/8 is ours, so each can be another network. */

const CARRIER = '127.0.0.2';
const OFFICE = '127.0.0.3';
const STRANGER = '127.0.0.9';
const USER = { username: 'branch', password: 'long-random-words' };

let switchroom: Switchroom;
let line: MeetingLine;
const phones: SippPhone[] = [];

beforeAll(async () => {
  switchroom = await Switchroom.start();
  const trunks = (await rest('GET', '/trunks')) as { id: string; name: string }[];
  const loopback = trunks.find(({ name }) => name === 'loopback');
  await rest('PATCH', `/trunks/${loopback!.id}`, { cidrs: ['127.0.0.1/32'] });
  return () => switchroom.stop();
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

async function rest(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await switchroom.rest.raw(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function call(options: Partial<SippOptions>): Promise<SippPhone> {
  const sound = tone({ frequency: 440, seconds: 60 });
  const phone = await SippPhone.dial({ uri: line.uri, sound, ...options });
  phones.push(phone);
  return phone;
}

describe('a trunk known by its network', () => {
  it('is let in from there, and nobody else; so many calls at a time', async () => {
    line = await openLine(switchroom);
    const cidrs = [`${CARRIER}/32`];
    await rest('POST', '/trunks', { name: 'Carrier', cidrs, maxCalls: 2 });
    const first = await call({ address: CARRIER });
    await call({ address: CARRIER });
    await membersOf(switchroom, line, 2);
    const third = await call({ address: CARRIER, refusal: 503 });
    await third.ended();
    expect(await third.messages()).toMatch(/^Retry-After: \d+/im);
    // The others are unharmed, and the line of one that hangs up is free.
    await membersOf(switchroom, line, 2);
    await first.close();
    await membersOf(switchroom, line, 1);
    await call({ address: CARRIER });
    await membersOf(switchroom, line, 2);
  });

  it('may begin so many calls a second: of a burst the rest gets 503', async () => {
    line = await openLine(switchroom);
    const address = '127.0.0.4';
    const cidrs = [`${address}/32`];
    await rest('POST', '/trunks', { name: 'Slow', cidrs, callsPerSecond: 3 });
    const burst = { uri: line.uri, address, calls: 12, rate: 200 };
    const { answered, refused } = await sippBurst(burst);
    expect(answered + refused).toBe(12);
    // A second's worth at once, and what the burst's own time brings.
    expect(answered).toBeGreaterThanOrEqual(3);
    expect(answered).toBeLessThanOrEqual(5);
    const later = await eventually(
      async () => {
        const again = await sippBurst({ ...burst, calls: 1 });
        return again.answered === 1;
      },
      { what: 'a call a moment later' },
    );
    expect(later).toBe(true);
  });
});

describe('a trunk known by its digest', () => {
  it('is let in with the right password from its network, and not with a wrong one', async () => {
    line = await openLine(switchroom);
    const cidrs = [`${OFFICE}/32`];
    await rest('POST', '/trunks', { name: 'Office', cidrs, digest: USER });
    await call({ address: OFFICE, scenario: { digest: USER } });
    await membersOf(switchroom, line, 1);
    const digest = { ...USER, password: 'other-words' };
    const wrong = await call({ address: OFFICE, scenario: { digest, refusal: 401 } });
    await wrong.ended();
    await membersOf(switchroom, line, 1);
    expect(switchroom.log).not.toContain(USER.password);
  });
});

describe('everybody else', () => {
  /** The one answer, without what is the caller's own. */
  async function answerTo(options: Partial<SippOptions>): Promise<string> {
    const phone = await call({ address: STRANGER, refusal: 403, ...options });
    await phone.ended();
    const [, answer = ''] = /^(SIP\/2\.0 403[^]*?)\r?\n\r?\n/m.exec(await phone.messages()) ?? [];
    return answer
      .split(/\r?\n/)
      .filter((text) => !/^(Via|From|To|Call-ID|CSeq):/i.test(text))
      .join('\n');
  }

  it('gets the same refusal whatever is dialled and sent, and one line in the log', async () => {
    line = await openLine(switchroom);
    const answers = [
      await answerTo({}),
      await answerTo({ uri: `sip:+15559999@${switchroom.sipAddress}` }),
      await answerTo({ uri: `sip:root@${switchroom.sipAddress}`, sdp: 'nonsense' }),
      await answerTo({ scenario: { headers: 'Authorization: Digest username="branch"\n' } }),
      await answerTo({ transport: 'tcp' }),
    ];
    expect(answers[0]).toMatch(/^SIP\/2\.0 403/);
    expect(new Set(answers).size).toBe(1);
    expect(switchroom.log.split('calls from elsewhere refused').length - 1).toBe(1);
    expect(await switchroom.rest.participants(line.meetingId)).toEqual([]);
  });

  it('gets no 100 and no retransmission of the refusal: the cheapest answer there is', async () => {
    line = await openLine(switchroom);
    const phone = await call({ address: STRANGER, refusal: 403 });
    await phone.ended();
    const answers = (await phone.messages()).match(/^SIP\/2\.0 \d+/gm);
    expect(answers).toEqual(['SIP/2.0 403']);
  });
});
