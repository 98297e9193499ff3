import Srf from 'drachtio-srf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connected } from '../testing/connected.ts';
import { SDP } from '../testing/RawPhone.ts';
import { runSipp } from '../testing/sipp.ts';
import { SECONDS, TYPE, useTimerBench, whyOf } from '../testing/TimerBench.ts';
import { until } from '../testing/until.ts';

/* RFC 4028 on a clock that only these tests turn: who asks for a timer, and refreshes by themselves. */

const bench = useTimerBench();
let srf: Srf;
let dialogs: Srf.Dialog[];
/** How calls ended. */
const records: string[] = [];

beforeEach(async () => {
  srf = new Srf();
  dialogs = [];
  records.length = 0;
  srf.on('cdr:stop', (source, _time, reason) => records.push(`stop ${source} ${reason}`));
  srf.invite((req, res) => {
    void srf.createUAS(req, res, { localSdp: SDP }).then((dialog) => dialogs.push(dialog));
  });
  await connected(srf, bench.server);
});

afterEach(() => srf.disconnect());

const call = (...headers: string[]) => bench.call(() => dialogs.length > 0, ...headers);

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
    const [ok] = bench.phone.statuses(200, 'INVITE');
    const required = answer?.endsWith('uac') === true ? 'timer' : undefined;
    expect(ok?.headers.get('Require')).toBe(required);
  });

  it('of less than 90 s gets 422 with Min-SE, and no application sees it', async () => {
    const headers = ['Supported: timer', 'Session-Expires: 89'];
    bench.phone.send(bench.phone.compose('INVITE', 1, { body: SDP, headers }));
    const answer = await bench.phone.expect(422, 'INVITE');
    expect(answer.reason).toBe('Session Interval Too Small');
    expect(answer.headers.get('Min-SE')).toBe('90');
    bench.phone.send(bench.phone.compose('ACK', 1));
    expect(dialogs).toEqual([]);
    bench.clock.advance(60 * SECONDS);
  });

  it('that makes no sense gets 400', async () => {
    bench.phone.send(
      bench.phone.compose('INVITE', 1, { body: SDP, headers: ['Session-Expires: soon'] }),
    );
    await bench.phone.expect(400, 'INVITE');
    bench.phone.remoteTag = '';
    const headers = ['Session-Expires: 600;refresher=nobody'];
    bench.phone.send(bench.phone.compose('INVITE', 2, { body: SDP, headers }));
    await until('the second 400', () => bench.phone.statuses(400).length === 2);
    bench.clock.advance(60 * SECONDS);
  });

  it('and does not refresh is hung up before the interval ends, and the application hears why', async () => {
    await call('Supported: timer', 'Session-Expires: 90;refresher=uac');
    const why = whyOf(dialogs[0]!);
    bench.clock.advance(59 * SECONDS);
    await bench.roundTrip();
    expect(bench.phone.requests).toEqual([]);
    const bye = await bench.after(2, 'BYE');
    expect(bye.headers.get('Reason')).toContain('Session timer expired');
    bench.phone.reply(bye, 200);
    await until('the application to be told', () => why() !== undefined);
    expect(why()).toBe('Session timer expired');
    expect(records).toEqual(['stop application session-expired']);
    await until('the dialog to be gone', () => bench.server.stats().dialogs === 0);
    bench.clock.advance(60 * SECONDS);
  });

  it.each([['INVITE'], ['UPDATE']])('and refreshes by %s stays up for hours', async (method) => {
    await call('Supported: timer', 'Session-Expires: 600;refresher=uac');
    for (let seq = 2; seq < 20; seq++) {
      bench.clock.advance(300 * SECONDS);
      bench.phone.received.length = 0;
      const headers = ['Supported: timer', 'Session-Expires: 600;refresher=uac'];
      const body = method === 'INVITE' ? SDP : '';
      bench.phone.send(bench.phone.compose(method, seq, { headers: [...headers, TYPE], body }));
      const answer = await bench.phone.expect(200, method);
      expect(answer.headers.get('Session-Expires')).toBe('600;refresher=uac');
      if (method === 'INVITE') bench.phone.send(bench.phone.compose('ACK', seq));
      await until('the ACK', () => bench.server.stats().unacked === 0);
    }
    expect(bench.server.stats().dialogs).toBe(1);
    const bye = await bench.after(570, 'BYE');
    bench.phone.reply(bye, 200);
    bench.clock.advance(60 * SECONDS);
  });

  it('may not shorten it below 90 s with a refresh', async () => {
    await call('Supported: timer', 'Session-Expires: 600;refresher=uac');
    const headers = ['Supported: timer', 'Session-Expires: 60'];
    bench.phone.send(bench.phone.compose('UPDATE', 2, { headers }));
    await bench.phone.expect(422, 'UPDATE');
    expect(bench.server.stats().dialogs).toBe(1);
    const bye = await bench.after(570, 'BYE');
    bench.phone.reply(bye, 200);
    bench.clock.advance(60 * SECONDS);
  });
});

it('SIPp is refused, refreshed, refreshes, and is hung up', { timeout: 30_000 }, async () => {
  let over = false;
  const run = { scenario: 'session-timer.xml', own: true, target: bench.server.sip.port };
  const done = runSipp(run).finally(() => (over = true));
  // Fast motion: steps short enough for SIPp to answer before anything is sent again.
  const film = async (): Promise<void> => {
    while (!over) {
      bench.clock.advance(250);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
  };
  await Promise.all([done, film()]);
  expect(records).toContain('stop application session-expired');
});
