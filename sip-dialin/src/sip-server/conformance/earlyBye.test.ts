import Srf from 'drachtio-srf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSipServer, type SipServer } from '../index.ts';
import { tagOf } from '../message/nameAddr.ts';
import type { SipRequest } from '../message/SipMessage.ts';
import { connected, SECRET } from '../testing/connected.ts';
import { RawPhone, SDP } from '../testing/RawPhone.ts';
import { until } from '../testing/until.ts';

/* Who answers and hangs up in one breath: the BYE overtakes the ACK of our application (see RFC 5407). */

const timers = { t1: 20, t2: 80, t4: 100 };
const CONTENT = ['Content-Type: application/sdp'];

let server: SipServer;
let srf: Srf;
let phone: RawPhone;

beforeEach(async () => {
  server = await startSipServer({ host: '127.0.0.1', port: 0, secret: SECRET, timers });
  srf = await connected(new Srf(), server);
  phone = await RawPhone.open(server.sip);
});

afterEach(async () => {
  srf.disconnect();
  await phone.close();
  await server.close();
});

const methods = (): string[] => phone.requests.map(({ method }) => method);
const count = (method: string): number => methods().filter((one) => one === method).length;

/** Takes each INVITE once: on a busy machine one comes again before its answer was seen. */
function onInvite(take: (invite: SipRequest) => void): void {
  const seen = new Set<string | undefined>();
  phone.onMessage = (message) => {
    if (message.kind !== 'request' || message.method !== 'INVITE') return;
    const via = message.headers.get('Via');
    if (seen.has(via)) return;
    seen.add(via);
    take(message);
  };
}

/** The BYE of who was called, in the dialog that this INVITE has made or is in. */
function byeOf(invite: SipRequest): string {
  const own = tagOf(invite.headers.get('To')) ?? phone.tag;
  const bye = phone.compose('BYE', 1).split('\r\n');
  const swapped = bye.map((line) => {
    if (line.startsWith('From:')) return `From: <sip:bob@127.0.0.1>;tag=${own}`;
    if (line.startsWith('To:')) return `To: ${invite.headers.get('From')}`;
    return line.startsWith('Call-ID:') ? `Call-ID: ${invite.headers.get('Call-ID')}` : line;
  });
  return swapped.join('\r\n');
}

async function nothingLeft(): Promise<void> {
  const held = (): number => {
    const { serverTransactions, clientTransactions, dialogs, unacked } = server.stats();
    return serverTransactions + clientTransactions + dialogs + unacked;
  };
  await until('nothing to be left', () => held() === 0, 10_000);
}

describe('a BYE on the heels of the 200 to our INVITE', () => {
  it('leaves the 200 its ACK, each time it comes, and gets no BYE back', async () => {
    let ok = '';
    onInvite((message) => {
      ok = phone.answer(message, 200, { body: SDP, headers: CONTENT });
      phone.send(ok);
      phone.send(byeOf(message));
    });
    const dialog = await srf.createUAC(`sip:bob@127.0.0.1:${phone.port}`, { localSdp: SDP });
    let told = 0;
    dialog.on('destroy', () => told++);
    await phone.expect(200, 'BYE');
    await until('the ACK', () => count('ACK') === 1);
    for (const acks of [2, 3]) {
      phone.send(ok);
      await until('the ACK again', () => count('ACK') === acks);
    }
    expect(count('BYE')).toBe(0);
    expect(server.stats().dialogs).toBe(0);
    await nothingLeft();
    expect(count('BYE')).toBe(0);
    expect(told).toBeLessThanOrEqual(1);
  });

  it('to our re-INVITE, too; and one that comes before the 200', async () => {
    for (const order of ['after', 'before']) {
      phone.received.length = 0;
      onInvite((message) => {
        const ok = phone.answer(message, 200, { body: SDP, headers: CONTENT });
        const isAgain = tagOf(message.headers.get('To')) !== undefined;
        if (isAgain && order === 'before') phone.send(byeOf(message));
        phone.send(ok);
        if (isAgain && order === 'after') phone.send(byeOf(message));
      });
      const dialog = await srf.createUAC(`sip:bob@127.0.0.1:${phone.port}`, { localSdp: SDP });
      await until('the ACK', () => count('ACK') === 1);
      dialog.modify(SDP.replace('1 1', '1 2')).catch(() => undefined);
      await until('the ACK of the re-INVITE', () => count('ACK') === 2);
      expect(count('BYE')).toBe(0);
      await nothingLeft();
    }
  });
});
