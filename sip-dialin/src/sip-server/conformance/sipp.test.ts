import Srf from 'drachtio-srf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSipServer, type SipServer } from '../index.ts';
import { connected, SECRET } from '../testing/connected.ts';
import { SDP } from '../testing/RawPhone.ts';
import { freePort, runSipp } from '../testing/sipp.ts';
import { until } from '../testing/until.ts';

/*
 * drachtio-srf's own suite (its test/uas.js, uac.js, reinvite-tests.js), with SIPp on this machine in
 * place of docker: the same scenarios, the same applications.
 */

let server: SipServer;
let srf: Srf;

beforeEach(async () => {
  const timers = { t1: 100, t2: 400, t4: 500 };
  server = await startSipServer({ host: '127.0.0.1', port: 0, secret: SECRET, timers });
  srf = new Srf();
});

afterEach(async () => {
  srf.disconnect();
  await server.close();
});

/** Two of the scenarios have brackets in an attribute, which Debian's SIPp takes for tags. */
const escaped = (xml: string): string => xml.replaceAll(/"<sip:([^"<>]*)>"/g, '"&lt;sip:$1&gt;"');

const call = (
  scenario: string,
  more: { transport?: 'u1' | 't1'; calls?: number } = {},
): Promise<void> => runSipp({ scenario, target: server.sip.port, ...more });

describe('SIPp calls', { timeout: 30_000 }, () => {
  const dialogs: Srf.Dialog[] = [];

  beforeEach(async () => {
    dialogs.length = 0;
    srf.invite((req, res) => {
      const gone = (): boolean => (req as unknown as { canceled?: boolean }).canceled === true;
      req.on('cancel', () => Object.assign(req, { canceled: true }));
      if (req.calledNumber === 'ring' || gone()) return;
      const localSdp = req.body === '' ? SDP : req.body.replace(/m=audio\s+(\d+)/, 'm=audio 15000');
      srf.createUAS(req, res, { localSdp }).then(
        (dialog) => dialogs.push(dialog),
        () => undefined,
      );
    });
    await connected(srf, server);
  });

  it('over UDP', async () => {
    await call('uac.xml', { calls: 20 });
    await until('the dialogs to be forgotten', () => server.stats().dialogs === 0);
  });

  it('over TCP', async () => {
    await call('uac.xml', { transport: 't1', calls: 20 });
    const idle = (): boolean => server.stats().dialogs + server.stats().connections === 0;
    await until('dialogs and connections to be forgotten', idle);
  });

  it('with a display name', () => call('uac-displayname-from.xml'));

  it.each([['uac-recv-reinvite.xml'], ['uac-delayed-ack.xml']])(
    'get a re-INVITE (%s)',
    async (name) => {
      const done = call(name);
      await until('the dialog', () => dialogs.length > 0);
      const [dialog] = dialogs;
      await dialog!.modify(SDP);
      if (name === 'uac-recv-reinvite.xml') dialog!.destroy(undefined, () => undefined);
      await done;
    },
  );

  it('without an offer', () => call('uac-nosdp.xml'));

  it('losing three of four 200s', () => call('uac-drop-one-200.xml'));

  it('without a Contact: 400', () => call('uac-expect-400-no-contact-header.xml'));

  it('and sends a re-INVITE without an offer, then gets a BYE', async () => {
    const done = call('uac-send-reinvite-no-sdp.xml');
    await until('the dialog', () => dialogs.length > 0);
    const [dialog] = dialogs;
    dialog!.on('modify', (_req, res) => {
      const send = res.send.bind(res) as (...args: unknown[]) => void;
      send(
        200,
        { body: SDP },
        () => undefined,
        () => dialog!.destroy(undefined, () => undefined),
      );
    });
    await done;
  });

  it('that are never acknowledged are hung up', async () => {
    const done = call('uac-drop-all-200.xml').catch(() => undefined);
    await until('the dialog', () => dialogs.length > 0);
    let why: unknown;
    const listener = (_req: unknown, reason: unknown): void => void (why = reason);
    dialogs[0]!.on('destroy', listener as () => void);
    await until('the end', () => why !== undefined, 15_000);
    expect(why).toBe('ACK timeout');
    await done;
  });
});

describe('SIPp is refused', { timeout: 30_000 }, () => {
  it.each([
    [480, 'uac-expect-480.xml'],
    [404, 'uac-expect-404.xml'],
    [503, 'uac-expect-503.xml'],
    [503, 'uac-drop-one-503.xml'],
  ])('with %i by the application (%s)', async (status, scenario) => {
    srf.invite((_req, res) => res.send(status));
    await connected(srf, server);
    await call(scenario);
  });

  it('with 487 when it cancels', async () => {
    let canceled = false;
    srf.invite((req, res) => {
      req.on('cancel', () => (canceled = true));
      res.send(180);
    });
    await connected(srf, server);
    await call('uac-cancel.xml');
    expect(canceled).toBe(true);
  });
});

describe('SIPp subscribes', { timeout: 30_000 }, () => {
  it('and gets its NOTIFYs', async () => {
    const notify = (dialog: Srf.Dialog, state: string): Promise<unknown> => {
      const headers = { Event: 'presence', 'Subscription-State': state };
      return dialog.request({ method: 'NOTIFY', headers } as unknown as Srf.SrfRequest);
    };
    srf.use('subscribe', (req, res) => {
      void srf.createUAS(req, res, { localSdp: '' }).then(async (dialog) => {
        await notify(dialog, 'active');
        await notify(dialog, 'terminated');
      });
    });
    await connected(srf, server);
    await call('uac-subscribe.xml');
    await until('the dialog to be forgotten', () => server.stats().dialogs === 0);
  });
});

describe('SIPp is called', { timeout: 30_000 }, () => {
  const headers = { To: 'sip:dhorton@sip.drachtio.org', From: 'sip:dhorton@sip.drachtio.org' };
  const auth = { username: 'foo', password: 'bar' };
  let port: number;

  beforeEach(async () => {
    await connected(srf, server);
    port = await freePort();
  });

  const uri = (): string => `sip:127.0.0.1:${port}`;
  const hangUp = (dialog: Srf.Dialog): Promise<void> =>
    new Promise((resolve) => dialog.destroy(undefined, () => resolve()));

  it.each([
    ['answers', 'uas.xml', {}],
    ['answers reliably and gets PRACK', 'uas-prack.xml', {}],
    ['challenges', 'uas-auth.xml', { auth }],
    ['challenges the BYE too', 'uas-bye-with-auth.xml', { auth }],
  ])('and %s (%s)', async (_what, scenario, options) => {
    const done = runSipp({ scenario, port });
    const dialog = await srf.createUAC(uri(), { headers, ...options });
    await hangUp(dialog);
    await done;
    await until('the dialog to be forgotten', () => server.stats().dialogs === 0);
  });

  it.each([['uas-auth-register.xml'], ['uas-auth-register-no-realm.xml']])(
    'as a registrar (%s)',
    async (scenario) => {
      const done = runSipp({ scenario, port });
      const status = await request({
        method: 'REGISTER',
        headers: { ...headers, Contact: '<sip:dhorton@localhost>;expires=3600' },
        auth,
      });
      expect(status).toBe(200);
      await done;
    },
  );

  it('with OPTIONS', async () => {
    const done = runSipp({ scenario: 'uas-options-expect-200.xml', port });
    expect(await request({ method: 'OPTIONS', headers })).toBe(200);
    await done;
  });

  /** A request outside of dialogs: the status of its final answer. */
  function request(options: object): Promise<number> {
    type Sent = (error: unknown, sent: Srf.SrfRequest) => void;
    return new Promise((resolve) => {
      const send = srf.request.bind(srf) as unknown as (
        to: string,
        what: object,
        then: Sent,
      ) => void;
      send(uri(), options, (_error, sent) => {
        sent.on('response', (response) => resolve(response?.status ?? 0));
      });
    });
  }

  it('and redirects', async () => {
    const elsewhere = await freePort();
    const edit = (xml: string): string => xml.replace('172.29.0.13', `127.0.0.1:${elsewhere}`);
    const first = runSipp({ scenario: 'uas-302.xml', port, edit });
    const second = runSipp({ scenario: 'uas.xml', port: elsewhere });
    const redirects = { followRedirects: true, keepUriOnRedirect: true };
    await hangUp(await srf.createUAC(uri(), { headers, ...redirects }));
    await Promise.all([first, second]);
  });

  it('and is not sent overlapping re-INVITEs', async () => {
    const done = runSipp({ scenario: 'uas-reinvite-overlap.xml', port });
    const dialog = await srf.createUAC(uri(), { headers });
    const sdp = dialog.local.sdp;
    await Promise.all([dialog.modify(sdp), dialog.modify(sdp), dialog.modify(sdp)]);
    await done;
  });

  it('and challenges a re-INVITE', async () => {
    const done = runSipp({ scenario: 'uas-reinvite-with-auth.xml', port, edit: escaped });
    const dialog = await srf.createUAC(uri(), { headers, auth, localSdp: SDP });
    await dialog.modify('hold');
    await hangUp(dialog);
    await done;
  });

  it('and is cancelled', async () => {
    const done = runSipp({ scenario: 'uas-cancel.xml', port });
    let sent: Srf.SrfRequest | undefined;
    const cbRequest = (_error: unknown, request: Srf.SrfRequest): void => void (sent = request);
    const progress = {
      cbRequest: cbRequest as unknown as () => void,
      cbProvisional: () => sent?.cancel(() => undefined),
    };
    await expect(srf.createUAC(uri(), { headers }, progress)).rejects.toMatchObject({
      status: 487,
    });
    await done;
  });

  it('and sends an UPDATE', async () => {
    const done = runSipp({ scenario: 'uas-update-with-sdp.xml', port, edit: escaped });
    const dialog = await srf.createUAC(uri(), { headers, localSdp: SDP });
    await new Promise<void>((resolve) => {
      dialog.on('update', (_req, res) => {
        res.send(200, { body: SDP });
        resolve();
      });
    });
    await hangUp(dialog);
    await done;
  });
});

describe('SIPp and reliable ringing (RFC 3262)', { timeout: 30_000 }, () => {
  it('calls and acknowledges it', async () => {
    let acknowledged = 0;
    srf.invite((req, res) => {
      const send = res.send.bind(res) as (...args: unknown[]) => void;
      const answer = (): void => {
        acknowledged++;
        srf.createUAS(req, res, { localSdp: SDP }).catch(() => undefined);
      };
      send(180, { headers: { Require: '100rel' } }, () => undefined, answer);
    });
    await connected(srf, server);
    await call('uac-prack.xml');
    expect(acknowledged).toBe(1);
  });

  it('is called and has it acknowledged', async () => {
    await connected(srf, server);
    const port = await freePort();
    const done = runSipp({ scenario: 'uas-prack.xml', port });
    const headers = { Supported: '100rel' };
    const dialog = await srf.createUAC(`sip:bob@127.0.0.1:${port}`, { localSdp: SDP, headers });
    dialog.destroy(undefined, () => undefined);
    await done;
  });
});
