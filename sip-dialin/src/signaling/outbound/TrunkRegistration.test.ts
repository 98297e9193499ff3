import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SipRequest } from '../../sip-server/message/SipMessage.ts';
import type { RawPhone } from '../../sip-server/testing/RawPhone.ts';
import { until } from '../../sip-server/testing/until.ts';
import { OutboundBench, outboundTrunk, status } from './testing/OutboundBench.ts';

const SECRET = { username: 'switchroom', password: 'secret', register: true };
const timing = { registration: { retryMs: 50, retryMaxMs: 400, farewellMs: 500 } };

let bench: OutboundBench;

beforeEach(async () => {
  bench = await OutboundBench.open(timing);
});

afterEach(() => bench.close());

type Handler = (request: SipRequest, phone: RawPhone) => void;

/** Starts with one trunk, whose registrar answers so. */
async function registrar(answer: Handler, changes = {}): Promise<RawPhone> {
  const phone = await bench.carrier({ REGISTER: answer });
  bench.trunks.update([outboundTrunk(phone.port, { ...SECRET, ...changes })]);
  bench.trunks.start();
  return phone;
}

/** What came, without retransmissions. */
function registers(phone: RawPhone): SipRequest[] {
  const all = phone.requests.filter(({ method }) => method === 'REGISTER');
  return [...new Map(all.map((request) => [keyOf(request), request])).values()];
}

/** Grants as many seconds, once the digest is right. */
function grants(seconds: number): Handler {
  return (request, phone) => {
    const given = request.headers.get('Authorization');
    if (given === undefined) {
      const challenge = 'Digest realm="carrier.example", nonce="n1", qop="auth,auth-int"';
      status(401, [`WWW-Authenticate: ${challenge}`])(request, phone);
      return;
    }
    const get = (name: string): string =>
      new RegExp(`\\b${name}="?([^",]*)`).exec(given)?.[1] ?? '';
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const ha1 = md5(`switchroom:carrier.example:secret`);
    const ha2 = md5(`REGISTER:${get('uri')}`);
    const right = md5(`${ha1}:n1:${get('nc')}:${get('cnonce')}:auth:${ha2}`);
    const contact = `Contact: ${request.headers.get('Contact') ?? ''};expires=${seconds}`;
    status(get('response') === right ? 200 : 403, [contact])(request, phone);
  };
}

const address = (): string | undefined => [...bench.registered.values()].at(-1);

describe('TrunkRegistration', () => {
  it('registers with digest where we can be called, and takes it back in the end', async () => {
    const phone = await registrar(grants(600));
    await until('the registration', () => address() === '127.0.0.1');
    expect(bench.trunks.inOrder()[0]?.hopeful).toBe(true);
    const [first, second] = registers(phone);
    expect(first?.uri).toBe(`sip:127.0.0.1:${phone.port}`);
    expect(first?.headers.get('To')).toBe('<sip:switchroom@127.0.0.1>');
    expect(first?.headers.get('Contact')).toBe(
      `<sip:switchroom@127.0.0.1:${bench.server.sip.port}>`,
    );
    expect(second?.headers.get('Call-ID')).toBe(first?.headers.get('Call-ID'));
    await bench.trunks.close();
    await bench.trunks.close();
    expect(registers(phone).at(-1)?.headers.get('Expires')).toBe('0');
    expect(address()).toBeUndefined();
  });

  it('is called at that Contact, for the number in the To', async () => {
    const phone = await registrar(grants(600));
    await until('the registration', () => address() !== undefined);
    const [contact = ''] =
      /sip:[^>]*/.exec(registers(phone)[0]?.headers.get('Contact') ?? '') ?? [];
    phone.send(phone.compose('INVITE', 1, { uri: contact }));
    await until('the call', () => bench.inbound.length === 1);
    expect(bench.inbound[0]?.dialled).toBe('+15550100');
    bench.inbound[0]?.refuse(404);
    await phone.expect(404, 'INVITE');
  });

  it('registers again before it expires, with the same Call-ID and a higher CSeq', async () => {
    const phone = await registrar(grants(1));
    await until('a second round', () => registers(phone).length >= 4);
    const all = registers(phone);
    expect(new Set(all.map(({ headers }) => headers.get('Call-ID'))).size).toBe(1);
    const seqs = all.map(({ headers }) => Number.parseInt(headers.get('CSeq') ?? '', 10));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(new Set(seqs).size).toBe(seqs.length);
  });

  it('asks for as long as the registrar wants at least', async () => {
    const phone = await registrar((request, far) => {
      const isLong = Number(request.headers.get('Expires')) >= 1800;
      (isLong ? status(200) : status(423, ['Min-Expires: 1800']))(request, far);
    });
    await until('the registration', () => address() !== undefined);
    const asked = registers(phone).map(({ headers }) => headers.get('Expires'));
    expect(asked).toEqual(['600', '1800']);
  });

  it('asks once for longer where the registrar wants a little more each time', async () => {
    const phone = await registrar((request, far) => {
      const more = Number(request.headers.get('Expires')) + 1;
      status(423, [`Min-Expires: ${more}`])(request, far);
    });
    await until('a failure', () => bench.registered.size === 1);
    expect(registers(phone).length).toBeLessThan(10);
  });

  it('waits no longer than a timer can run, whatever was granted', async () => {
    const waits = vi.spyOn(globalThis, 'setTimeout');
    await registrar(grants(2 ** 32 - 1));
    await until('the registration', () => address() !== undefined);
    const longest = Math.max(...waits.mock.calls.map(([, ms]) => ms ?? 0));
    waits.mockRestore();
    expect(longest).toBeGreaterThan(3_600_000);
    expect(longest).toBeLessThan(2 ** 31);
  });

  it.each<[string, Handler]>([
    ['refuses', status(403)],
    ['is down', status(503)],
    ['says nothing', () => undefined],
    ['wants a Min-Expires without sense', status(423, ['Min-Expires: 99999999'])],
  ])('tries again, slower each time, where the registrar %s', async (_what, answer) => {
    let refuse = true;
    const phone = await registrar((request, far) => (refuse ? answer : status(200))(request, far));
    const trunk = bench.trunks.inOrder()[0];
    await until('a second try', () => registers(phone).length >= 2);
    expect(trunk?.hopeful).toBe(false);
    refuse = false;
    await until('the registration', () => address() !== undefined);
    expect(trunk?.hopeful).toBe(true);
  });

  it('registers anew with other credentials, after taking the old registration back', async () => {
    const phone = await registrar(status(200));
    await until('the registration', () => address() !== undefined);
    bench.trunks.update([outboundTrunk(phone.port, { ...SECRET, username: 'other' })]);
    await until('the other', () =>
      registers(phone).some(({ headers }) => headers.get('To')?.includes('other')),
    );
    const asked = registers(phone).map(({ headers }) => headers.get('Expires'));
    expect(asked).toEqual(['600', '0', '600']);
  });

  it('does not keep us waiting where nobody answers the farewell', async () => {
    const phone = await registrar((request, far) => {
      if (request.headers.get('Expires') !== '0') status(200)(request, far);
    });
    await until('the registration', () => address() !== undefined);
    await bench.trunks.close();
    expect(registers(phone).at(-1)?.headers.get('Expires')).toBe('0');
  });
});

function keyOf({ headers }: SipRequest): string {
  return `${headers.get('Call-ID') ?? ''} ${headers.get('CSeq') ?? ''}`;
}
