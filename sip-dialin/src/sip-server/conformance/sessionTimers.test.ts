import Srf from 'drachtio-srf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSipServer, type SipServer } from '../index.ts';
import { tagOf } from '../message/nameAddr.ts';
import type { SipRequest } from '../message/SipMessage.ts';
import { connected, SECRET } from '../testing/connected.ts';
import { FakeClock } from '../testing/FakeClock.ts';
import { RawPhone, SDP } from '../testing/RawPhone.ts';
import { runSipp } from '../testing/sipp.ts';
import { until } from '../testing/until.ts';

/* RFC 4028 on a clock that only these tests turn: hours in milliseconds. */

const SECONDS = 1000;
const TYPE = 'Content-Type: application/sdp';

let clock: FakeClock;
let server: SipServer;
let srf: Srf;
let phone: RawPhone;
let dialogs: Srf.Dialog[];
/** What applications say in their 200. */
let own: Record<string, string>;
const records: string[] = [];

beforeEach(async () => {
  clock = new FakeClock();
  server = await startSipServer({ host: '127.0.0.1', port: 0, secret: SECRET, clock });
  srf = new Srf();
  dialogs = [];
  own = {};
  records.length = 0;
  srf.on('cdr:stop', (source, _time, reason) => records.push(`stop ${source} ${reason}`));
  srf.invite((req, res) => {
    void srf
      .createUAS(req, res, { localSdp: SDP, headers: own })
      .then((dialog) => dialogs.push(dialog));
  });
  await connected(srf, server);
  phone = await RawPhone.open(server.sip);
});

afterEach(async () => {
  srf.disconnect();
  await phone.close();
  await server.close();
  expect(clock.pending).toBe(0);
});

/** A call to us; gives the `Session-Expires` of its 200. */
async function call(...headers: string[]): Promise<string | undefined> {
  phone.send(phone.compose('INVITE', 1, { body: SDP, headers: [TYPE, ...headers] }));
  const answer = await phone.expect(200, 'INVITE');
  phone.send(phone.compose('ACK', 1));
  await until('the dialog', () => dialogs.length > 0 && server.stats().unacked === 0);
  return answer.headers.get('Session-Expires');
}

/** What came, without retransmissions; every ACK. */
function sent(method: string): SipRequest[] {
  const all = phone.requests.filter((request) => request.method === method);
  if (method === 'ACK') return all;
  return [...new Map(all.map((one) => [one.headers.get('Via'), one])).values()];
}

/** Lets time pass and waits for the nth request of a kind that comes of it. */
async function after(seconds: number, method: string, count = 1): Promise<SipRequest> {
  clock.advance(seconds * SECONDS);
  await until(`${method} number ${count}`, () => sent(method).length >= count);
  expect(sent(method)).toHaveLength(count);
  return sent(method)[count - 1]!;
}

/** Long enough for whatever was to be sent to have arrived. */
async function roundTrip(): Promise<void> {
  const other = await RawPhone.open(server.sip);
  other.send(other.compose('BYE', 1, { toTag: 'nothing' }));
  await other.expect(481, 'BYE');
  await other.close();
}

function reason(dialog: Srf.Dialog): () => unknown {
  let why: unknown;
  dialog.on('destroy', ((_request: unknown, text: unknown) => (why = text)) as () => void);
  return () => why;
}

describe('a caller that asks for a session timer', () => {
  it.each([
    ['Session-Expires: 600', 'Supported: timer', '600;refresher=uac'],
    ['Session-Expires: 600;refresher=uac', 'Supported: timer', '600;refresher=uac'],
    ['x: 600 ;refresher=UAS', 'k: timer, 100rel', '600;refresher=uas'],
    ['Session-Expires: 600;refresher=uas', 'X-None: 1', '600;refresher=uas'],
    ['Session-Expires: 600', 'X-None: 1', '600;refresher=uas'],
    ['Session-Expires: 600', 'Require: timer', '600;refresher=uac'],
    // Who cannot be told of 422 gets no timer below the least one.
    ['Session-Expires: 30', 'X-None: 1', undefined],
    ['X-None: 1', 'Supported: timer', undefined],
  ])('%s, %s: %s', async (asked, more, answer) => {
    expect(await call(asked, more)).toBe(answer);
    const [ok] = phone.statuses(200, 'INVITE');
    const required = answer?.endsWith('uac') === true ? 'timer' : undefined;
    expect(ok?.headers.get('Require')).toBe(required);
  });

  it('of less than 90 s gets 422 with Min-SE, and no application sees it', async () => {
    const headers = ['Supported: timer', 'Session-Expires: 89'];
    phone.send(phone.compose('INVITE', 1, { body: SDP, headers }));
    const answer = await phone.expect(422, 'INVITE');
    expect(answer.reason).toBe('Session Interval Too Small');
    expect(answer.headers.get('Min-SE')).toBe('90');
    phone.send(phone.compose('ACK', 1));
    expect(dialogs).toEqual([]);
    clock.advance(60 * SECONDS);
  });

  it('that makes no sense gets 400', async () => {
    phone.send(phone.compose('INVITE', 1, { body: SDP, headers: ['Session-Expires: soon'] }));
    await phone.expect(400, 'INVITE');
    phone.remoteTag = '';
    const headers = ['Session-Expires: 600;refresher=nobody'];
    phone.send(phone.compose('INVITE', 2, { body: SDP, headers }));
    await until('the second 400', () => phone.statuses(400).length === 2);
    clock.advance(60 * SECONDS);
  });

  it('and does not refresh is hung up before the interval ends, and the application hears why', async () => {
    await call('Supported: timer', 'Session-Expires: 90;refresher=uac');
    const why = reason(dialogs[0]!);
    clock.advance(59 * SECONDS);
    await roundTrip();
    expect(phone.requests).toEqual([]);
    const bye = await after(2, 'BYE');
    expect(bye.headers.get('Reason')).toContain('Session timer expired');
    phone.reply(bye, 200);
    await until('the application to be told', () => why() !== undefined);
    expect(why()).toBe('Session timer expired');
    expect(records).toEqual(['stop application session-expired']);
    await until('the dialog to be gone', () => server.stats().dialogs === 0);
    clock.advance(60 * SECONDS);
  });

  it.each([['INVITE'], ['UPDATE']])('and refreshes by %s stays up for hours', async (method) => {
    await call('Supported: timer', 'Session-Expires: 600;refresher=uac');
    for (let seq = 2; seq < 20; seq++) {
      clock.advance(300 * SECONDS);
      phone.received.length = 0;
      const headers = ['Supported: timer', 'Session-Expires: 600;refresher=uac'];
      const body = method === 'INVITE' ? SDP : '';
      phone.send(phone.compose(method, seq, { headers: [...headers, TYPE], body }));
      const answer = await phone.expect(200, method);
      expect(answer.headers.get('Session-Expires')).toBe('600;refresher=uac');
      if (method === 'INVITE') phone.send(phone.compose('ACK', seq));
      await until('the ACK', () => server.stats().unacked === 0);
    }
    expect(server.stats().dialogs).toBe(1);
    const bye = await after(570, 'BYE');
    phone.reply(bye, 200);
    clock.advance(60 * SECONDS);
  });

  it('may not shorten it below 90 s with a refresh', async () => {
    await call('Supported: timer', 'Session-Expires: 600;refresher=uac');
    const headers = ['Supported: timer', 'Session-Expires: 60'];
    phone.send(phone.compose('UPDATE', 2, { headers }));
    await phone.expect(422, 'UPDATE');
    expect(server.stats().dialogs).toBe(1);
    const bye = await after(570, 'BYE');
    phone.reply(bye, 200);
    clock.advance(60 * SECONDS);
  });

  it('gets a refresh without a session description where it takes UPDATE', async () => {
    await call('Supported: timer', 'Allow: INVITE, UPDATE', 'Session-Expires: 600;refresher=uas');
    const first = await after(300, 'UPDATE');
    expect(first.body).toHaveLength(0);
    expect(first.headers.get('Session-Expires')).toBe('600;refresher=uac');
    expect(first.headers.get('Supported')).toBe('timer');
    expect(first.uri).toBe(`sip:+15550199@127.0.0.1:${phone.port}`);
    phone.reply(first, 200, { headers: ['Session-Expires: 600;refresher=uac', 'Allow: UPDATE'] });
    await until('the answer', () => server.stats().clientTransactions > 0);
    await roundTrip();
    const second = await after(300, 'UPDATE', 2);
    phone.reply(second, 200, { headers: ['Session-Expires: 700;refresher=uas'] });
    await roundTrip();
    clock.advance(600 * SECONDS);
    await roundTrip();
    expect(sent('UPDATE')).toHaveLength(2);
    const bye = await after(100, 'BYE');
    phone.reply(bye, 200);
    clock.advance(60 * SECONDS);
  });

  it('gets a re-INVITE with the description in use otherwise, and its 200 an ACK each time', async () => {
    await call('Supported: timer', 'Session-Expires: 600;refresher=uas');
    const invite = await after(300, 'INVITE');
    expect(invite.body.toString()).toBe(SDP);
    expect(invite.headers.get('Content-Type')).toBe('application/sdp');
    const answer = { body: SDP, headers: [TYPE, 'Session-Expires: 600;refresher=uac'] };
    phone.reply(invite, 200, answer);
    const ack = await phone.expectRequest('ACK');
    phone.reply(invite, 200, answer);
    await until('the ACK again', () => sent('ACK').length === 2);
    expect(sent('ACK')[1]?.headers.get('Via')).toBe(ack.headers.get('Via'));
    expect(server.stats().dialogs).toBe(1);
    await after(300, 'INVITE', 2);
    clock.advance(600 * SECONDS);
    await phone.expectRequest('BYE');
    clock.advance(60 * SECONDS);
  });

  it.each([[481], [408]])('and answers our refresh with %i is hung up', async (status) => {
    await call('Supported: timer', 'Allow: UPDATE', 'Session-Expires: 600;refresher=uas');
    phone.reply(await after(300, 'UPDATE'), status);
    phone.reply(await phone.expectRequest('BYE'), 200);
    clock.advance(60 * SECONDS);
  });

  it('and does not answer our refresh is hung up after 32 s', async () => {
    await call('Supported: timer', 'Allow: UPDATE', 'Session-Expires: 600;refresher=uas');
    const why = reason(dialogs[0]!);
    clock.advance(300 * SECONDS);
    clock.advance(33 * SECONDS);
    phone.reply(await phone.expectRequest('BYE'), 200);
    await until('the application to be told', () => why() === 'Session timer expired');
    clock.advance(60 * SECONDS);
  });

  it('gets our refresh again after 491, longer after 422, and as an INVITE after 405', async () => {
    await call('Supported: timer', 'Allow: UPDATE', 'Session-Expires: 600;refresher=uas');
    phone.reply(await after(300, 'UPDATE'), 491);
    await roundTrip();
    phone.reply(await after(4, 'UPDATE', 2), 422, { headers: ['Min-SE: 900'] });
    await until('a longer one', () => sent('UPDATE').length === 3);
    expect(sent('UPDATE')[2]?.headers.get('Session-Expires')).toBe('900;refresher=uac');
    phone.reply(sent('UPDATE')[2]!, 405);
    const invite = await phone.expectRequest('INVITE');
    phone.reply(invite, 200, { body: SDP, headers: [TYPE, 'Session-Expires: 900;refresher=uac'] });
    await phone.expectRequest('ACK');
    expect(server.stats().dialogs).toBe(1);
    clock.advance(900 * SECONDS);
    await phone.expectRequest('BYE');
    clock.advance(60 * SECONDS);
  });

  it('and a re-INVITE of the application waits for our refresh to be over', async () => {
    await call('Supported: timer', 'Session-Expires: 600;refresher=uas');
    const refresh = await after(300, 'INVITE');
    const other = SDP.replace('41000', '43000');
    const modified = dialogs[0]!.modify(other);
    await roundTrip();
    expect(sent('INVITE')).toHaveLength(1);
    phone.onMessage = (message) => {
      if (message.kind === 'request' && message.method !== 'ACK') {
        phone.reply(message, 200, { body: SDP, headers: [TYPE] });
      }
    };
    phone.reply(refresh, 200, { body: SDP, headers: [TYPE, 'Session-Expires: 600;refresher=uac'] });
    await modified;
    await until('the ACK', () => sent('ACK').length === 2);
    expect(sent('INVITE')).toHaveLength(2);
    expect(sent('INVITE')[1]?.headers.get('Session-Expires')).toBe('600;refresher=uac');
    expect((await after(300, 'INVITE', 3)).body.toString()).toBe(other);
    await until('the last ACK', () => sent('ACK').length === 3);
    await new Promise((resolve) => dialogs[0]!.destroy(undefined, resolve));
    clock.advance(60 * SECONDS);
  });
});

describe('a session timer that the application wants', () => {
  it('is refreshed by us where the caller knows nothing of it, who stays up while it answers', async () => {
    own = { 'Session-Expires': '1800;refresher=uas' };
    expect(await call('X-None: 1')).toBe('1800;refresher=uas');
    phone.onMessage = (message) => {
      if (message.kind !== 'request' || message.method !== 'INVITE') return;
      // One that understands nothing of it is alive all the same.
      const refuses = sent('INVITE').length === 2;
      phone.reply(message, refuses ? 488 : 200, refuses ? {} : { body: SDP, headers: [TYPE] });
    };
    for (let count = 1; count <= 4; count++) {
      await after(900, 'INVITE', count);
      await until('its ACK', () => sent('ACK').length === count);
    }
    expect(server.stats().dialogs).toBe(1);
    phone.onMessage = () => undefined;
    clock.advance(900 * SECONDS);
    clock.advance(33 * SECONDS);
    await phone.expectRequest('BYE');
    clock.advance(60 * SECONDS);
  });

  it('never goes to a caller below its Min-SE', async () => {
    own = { 'Session-Expires': '100;refresher=uas' };
    expect(await call('Supported: timer', 'Min-SE: 500')).toBe('500;refresher=uas');
  });

  it('outlasts a re-INVITE that does not mention it', async () => {
    own = { 'Session-Expires': '600;refresher=uas' };
    await call();
    phone.received.length = 0;
    phone.send(phone.compose('INVITE', 2, { body: SDP, headers: [TYPE] }));
    const answer = await phone.expect(200, 'INVITE');
    expect(answer.headers.get('Session-Expires')).toBe('600;refresher=uas');
    phone.send(phone.compose('ACK', 2));
    await until('the ACK', () => server.stats().unacked === 0);
    await after(300, 'INVITE');
  });
});

describe('a call of ours with a session timer', () => {
  /** `said`: what the phone says in its 200. */
  async function dial(...said: string[]): Promise<Srf.Dialog> {
    phone.onMessage = (message) => {
      if (message.kind !== 'request' || message.method !== 'INVITE') return;
      if (tagOf(message.headers.get('To')) === undefined) {
        phone.reply(message, 200, { body: SDP, headers: [TYPE, ...said] });
      }
    };
    const headers = { Supported: 'timer', 'Session-Expires': '600' };
    const dialog = await srf.createUAC(`sip:bob@127.0.0.1:${phone.port}`, {
      localSdp: SDP,
      headers,
    });
    await phone.expectRequest('ACK');
    return dialog;
  }

  it('is refreshed by us where the far end says so', async () => {
    await dial('Session-Expires: 300;refresher=uac', 'Allow: UPDATE');
    phone.reply(await after(150, 'UPDATE'), 200);
    await roundTrip();
    await after(150, 'UPDATE', 2);
  });

  it('is hung up where the far end was to refresh it and does not', async () => {
    const dialog = await dial('Session-Expires: 300;refresher=uas');
    const why = reason(dialog);
    await after(268, 'BYE');
    await until('the application to be told', () => why() === 'Session timer expired');
    clock.advance(60 * SECONDS);
  });

  it('lasts for ever where the far end knows nothing of it', async () => {
    await dial();
    clock.advance(100_000 * SECONDS);
    await roundTrip();
    expect(sent('BYE')).toEqual([]);
    expect(server.stats().dialogs).toBe(1);
  });
});

it('SIPp is refused, refreshed, refreshes, and is hung up', { timeout: 30_000 }, async () => {
  let over = false;
  const run = { scenario: 'session-timer.xml', own: true, target: server.sip.port };
  const done = runSipp(run).finally(() => (over = true));
  // Fast motion: steps short enough for SIPp to answer before anything is sent again.
  const film = async (): Promise<void> => {
    while (!over) {
      clock.advance(250);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
  };
  await Promise.all([done, film()]);
  expect(records).toContain('stop application session-expired');
});
