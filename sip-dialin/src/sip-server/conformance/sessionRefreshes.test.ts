import Srf from 'drachtio-srf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tagOf } from '../message/nameAddr.ts';
import { connected } from '../testing/connected.ts';
import { SDP } from '../testing/RawPhone.ts';
import { SECONDS, TYPE, useTimerBench, whyOf } from '../testing/TimerBench.ts';
import { until } from '../testing/until.ts';

/* RFC 4028 on a clock that only these tests turn: refreshes that are ours to send. */

const bench = useTimerBench();
let srf: Srf;
let dialogs: Srf.Dialog[];
/** What the application says in its 200. */
let own: Record<string, string>;

beforeEach(async () => {
  srf = new Srf();
  dialogs = [];
  own = {};
  srf.invite((req, res) => {
    void srf
      .createUAS(req, res, { localSdp: SDP, headers: own })
      .then((dialog) => dialogs.push(dialog));
  });
  await connected(srf, bench.server);
});

afterEach(() => srf.disconnect());

const call = (...headers: string[]) => bench.call(() => dialogs.length > 0, ...headers);

describe('a caller that has us refresh', () => {
  it('gets a refresh without a session description where it takes UPDATE', async () => {
    await call('Supported: timer', 'Allow: INVITE, UPDATE', 'Session-Expires: 600;refresher=uas');
    const first = await bench.after(300, 'UPDATE');
    expect(first.body).toHaveLength(0);
    expect(first.headers.get('Session-Expires')).toBe('600;refresher=uac');
    expect(first.headers.get('Supported')).toBe('timer');
    expect(first.uri).toBe(`sip:+15550199@127.0.0.1:${bench.phone.port}`);
    bench.phone.reply(first, 200, {
      headers: ['Session-Expires: 600;refresher=uac', 'Allow: UPDATE'],
    });
    await until('the answer', () => bench.server.stats().clientTransactions > 0);
    await bench.roundTrip();
    const second = await bench.after(300, 'UPDATE', 2);
    bench.phone.reply(second, 200, { headers: ['Session-Expires: 700;refresher=uas'] });
    await bench.roundTrip();
    bench.clock.advance(600 * SECONDS);
    await bench.roundTrip();
    expect(bench.sent('UPDATE')).toHaveLength(2);
    const bye = await bench.after(100, 'BYE');
    bench.phone.reply(bye, 200);
    bench.clock.advance(60 * SECONDS);
  });

  it('gets a re-INVITE with the description in use otherwise, and its 200 an ACK each time', async () => {
    await call('Supported: timer', 'Session-Expires: 600;refresher=uas');
    const invite = await bench.after(300, 'INVITE');
    expect(invite.body.toString()).toBe(SDP);
    expect(invite.headers.get('Content-Type')).toBe('application/sdp');
    const answer = { body: SDP, headers: [TYPE, 'Session-Expires: 600;refresher=uac'] };
    bench.phone.reply(invite, 200, answer);
    const ack = await bench.phone.expectRequest('ACK');
    bench.phone.reply(invite, 200, answer);
    await until('the ACK again', () => bench.sent('ACK').length === 2);
    expect(bench.sent('ACK')[1]?.headers.get('Via')).toBe(ack.headers.get('Via'));
    expect(bench.server.stats().dialogs).toBe(1);
    await bench.after(300, 'INVITE', 2);
    bench.clock.advance(600 * SECONDS);
    await bench.phone.expectRequest('BYE');
    bench.clock.advance(60 * SECONDS);
  });

  it.each([[481], [408]])('and answers our refresh with %i is hung up', async (status) => {
    await call('Supported: timer', 'Allow: UPDATE', 'Session-Expires: 600;refresher=uas');
    bench.phone.reply(await bench.after(300, 'UPDATE'), status);
    bench.phone.reply(await bench.phone.expectRequest('BYE'), 200);
    bench.clock.advance(60 * SECONDS);
  });

  it('and does not answer our refresh is hung up after 32 s', async () => {
    await call('Supported: timer', 'Allow: UPDATE', 'Session-Expires: 600;refresher=uas');
    const why = whyOf(dialogs[0]!);
    bench.clock.advance(300 * SECONDS);
    bench.clock.advance(33 * SECONDS);
    bench.phone.reply(await bench.phone.expectRequest('BYE'), 200);
    await until('the application to be told', () => why() === 'Session timer expired');
    bench.clock.advance(60 * SECONDS);
  });

  it('gets our refresh again after 491, longer after 422, and as an INVITE after 405', async () => {
    await call('Supported: timer', 'Allow: UPDATE', 'Session-Expires: 600;refresher=uas');
    bench.phone.reply(await bench.after(300, 'UPDATE'), 491);
    await bench.roundTrip();
    bench.phone.reply(await bench.after(4, 'UPDATE', 2), 422, { headers: ['Min-SE: 900'] });
    await until('a longer one', () => bench.sent('UPDATE').length === 3);
    const longer = bench.sent('UPDATE')[2]?.headers;
    expect(longer?.get('Session-Expires')).toBe('900;refresher=uac');
    expect(longer?.get('Min-SE')).toBe('900');
    bench.phone.reply(bench.sent('UPDATE')[2]!, 405);
    const invite = await bench.phone.expectRequest('INVITE');
    bench.phone.reply(invite, 200, {
      body: SDP,
      headers: [TYPE, 'Session-Expires: 900;refresher=uac'],
    });
    await bench.phone.expectRequest('ACK');
    expect(bench.server.stats().dialogs).toBe(1);
    bench.clock.advance(900 * SECONDS);
    await bench.phone.expectRequest('BYE');
    bench.clock.advance(60 * SECONDS);
  });

  it('and a re-INVITE of the application waits for our refresh to be over', async () => {
    await call('Supported: timer', 'Session-Expires: 600;refresher=uas');
    const refresh = await bench.after(300, 'INVITE');
    const other = SDP.replace('41000', '43000');
    const modified = dialogs[0]!.modify(other);
    await bench.roundTrip();
    expect(bench.sent('INVITE')).toHaveLength(1);
    bench.phone.onMessage = (message) => {
      if (message.kind === 'request' && message.method !== 'ACK') {
        bench.phone.reply(message, 200, { body: SDP, headers: [TYPE] });
      }
    };
    bench.phone.reply(refresh, 200, {
      body: SDP,
      headers: [TYPE, 'Session-Expires: 600;refresher=uac'],
    });
    await modified;
    await until('the ACK', () => bench.sent('ACK').length === 2);
    expect(bench.sent('INVITE')).toHaveLength(2);
    expect(bench.sent('INVITE')[1]?.headers.get('Session-Expires')).toBe('600;refresher=uac');
    expect((await bench.after(300, 'INVITE', 3)).body.toString()).toBe(other);
    await until('the last ACK', () => bench.sent('ACK').length === 3);
    await new Promise((resolve) => dialogs[0]!.destroy(undefined, resolve));
    bench.clock.advance(60 * SECONDS);
  });
});

describe('a session timer that the application wants', () => {
  it('is refreshed by us where the caller knows nothing of it, who stays up while it answers', async () => {
    own = { 'Session-Expires': '1800;refresher=uas' };
    expect(await call('X-None: 1')).toBe('1800;refresher=uas');
    bench.phone.onMessage = (message) => {
      if (message.kind !== 'request' || message.method !== 'INVITE') return;
      // One that understands nothing of it is alive all the same.
      const refuses = bench.sent('INVITE').length === 2;
      bench.phone.reply(
        message,
        refuses ? 488 : 200,
        refuses ? {} : { body: SDP, headers: [TYPE] },
      );
    };
    for (let count = 1; count <= 4; count++) {
      await bench.after(900, 'INVITE', count);
      await until('its ACK', () => bench.sent('ACK').length === count);
    }
    expect(bench.server.stats().dialogs).toBe(1);
    bench.phone.onMessage = () => undefined;
    bench.clock.advance(900 * SECONDS);
    bench.clock.advance(33 * SECONDS);
    await bench.phone.expectRequest('BYE');
    bench.clock.advance(60 * SECONDS);
  });

  it('never goes to a caller below its Min-SE', async () => {
    own = { 'Session-Expires': '100;refresher=uas' };
    expect(await call('Supported: timer', 'Min-SE: 500')).toBe('500;refresher=uas');
  });

  it('outlasts a re-INVITE that does not mention it', async () => {
    own = { 'Session-Expires': '600;refresher=uas' };
    await call();
    bench.phone.received.length = 0;
    bench.phone.send(bench.phone.compose('INVITE', 2, { body: SDP, headers: [TYPE] }));
    const answer = await bench.phone.expect(200, 'INVITE');
    expect(answer.headers.get('Session-Expires')).toBe('600;refresher=uas');
    bench.phone.send(bench.phone.compose('ACK', 2));
    await until('the ACK', () => bench.server.stats().unacked === 0);
    await bench.after(300, 'INVITE');
  });
});

describe('a call of ours with a session timer', () => {
  /** `said`: what the phone says in its 200. */
  async function dial(...said: string[]): Promise<Srf.Dialog> {
    bench.phone.onMessage = (message) => {
      if (message.kind !== 'request' || message.method !== 'INVITE') return;
      if (tagOf(message.headers.get('To')) === undefined) {
        bench.phone.reply(message, 200, { body: SDP, headers: [TYPE, ...said] });
      }
    };
    const headers = { Supported: 'timer', 'Session-Expires': '600' };
    const dialog = await srf.createUAC(`sip:bob@127.0.0.1:${bench.phone.port}`, {
      localSdp: SDP,
      headers,
    });
    await bench.phone.expectRequest('ACK');
    return dialog;
  }

  it('is refreshed by us where the far end says so', async () => {
    await dial('Session-Expires: 300;refresher=uac', 'Allow: UPDATE');
    bench.phone.reply(await bench.after(150, 'UPDATE'), 200);
    await bench.roundTrip();
    await bench.after(150, 'UPDATE', 2);
  });

  it('is hung up where the far end was to refresh it and does not', async () => {
    const dialog = await dial('Session-Expires: 300;refresher=uas');
    const why = whyOf(dialog);
    await bench.after(268, 'BYE');
    await until('the application to be told', () => why() === 'Session timer expired');
    bench.clock.advance(60 * SECONDS);
  });

  it('lasts for ever where the far end knows nothing of it', async () => {
    await dial();
    bench.clock.advance(100_000 * SECONDS);
    await bench.roundTrip();
    expect(bench.sent('BYE')).toEqual([]);
    expect(bench.server.stats().dialogs).toBe(1);
  });
});
