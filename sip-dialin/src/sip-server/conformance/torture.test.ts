import Srf from 'drachtio-srf';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSipServer, type SipServer } from '../index.ts';
import { parseMessage } from '../message/parseMessage.ts';
import { connected, SECRET } from '../testing/connected.ts';
import { FakeClock } from '../testing/FakeClock.ts';
import { RawPhone } from '../testing/RawPhone.ts';
import { until } from '../testing/until.ts';
import { INVALID, SEMANTICS, VALID, type Torture } from './torture.ts';

/* RFC 4475: right answer or right silence, and nothing left of it. */

const METHODS = ['invite', 'options', 'register', 'message'];

let clock: FakeClock;
let server: SipServer;
let srf: Srf;
let phone: RawPhone;
const asked: Srf.SrfRequest[] = [];

beforeAll(async () => {
  clock = new FakeClock();
  server = await startSipServer({ host: '127.0.0.1', port: 0, secret: SECRET, clock });
  srf = new Srf();
  for (const method of METHODS) {
    srf.use(method, (req, res) => {
      asked.push(req);
      res.send(method === 'invite' ? 486 : 200);
    });
  }
  await connected(srf, server);
});

afterAll(async () => {
  srf.disconnect();
  await server.close();
  expect(clock.pending).toBe(0);
});

beforeEach(async () => {
  asked.length = 0;
  phone = await RawPhone.open(server.sip);
});

afterEach(() => phone.close());

function bytes(name: string, lines: Torture[2]): Buffer {
  const marked = (line: string): string =>
    line.replaceAll('%p', String(phone.port)).replaceAll('%n', name.replaceAll(' ', '-'));
  const parts = lines.map((line) =>
    typeof line === 'string' ? Buffer.from(`${marked(line)}\r\n`, 'latin1') : line,
  );
  return Buffer.concat(parts);
}

/** A question whose answer shows that all before it was dealt with. */
async function stillThere(): Promise<void> {
  const other = await RawPhone.open(server.sip);
  other.send(other.compose('OPTIONS', 1));
  await other.expect(200, 'OPTIONS');
  await other.close();
  asked.pop();
}

describe.each([
  ['well-formed', VALID],
  ['malformed', INVALID],
  ['about more than form', SEMANTICS],
])('messages that are %s', (_what, messages) => {
  it.each(messages)('%s: %s', async (name, fate, lines) => {
    const data = bytes(name, lines);
    phone.send(data);
    // An answer copies what is malformed in its request, and so it is looked at as text.
    const statuses = (): number[] => phone.startLines.map((line) => Number(line.split(' ')[1]));
    const final = (): number | undefined => statuses().find((status) => status >= 200);
    if (fate !== 'silence') await until('a final answer', () => final() !== undefined);
    await stillThere();
    const isApp = fate === 'app';
    expect(asked).toHaveLength(isApp ? 1 : 0);
    if (isApp) expect(final()).toBe(asked[0]?.method === 'INVITE' ? 486 : 200);
    else expect(final()).toBe(fate === 'silence' ? undefined : fate);
    expect(new Set(statuses()).size).toBeLessThanOrEqual(2);
    // Long enough for every transaction to be forgotten, ACK or none.
    clock.advance(40_000);
    const { serverTransactions, clientTransactions, dialogs } = server.stats();
    expect([serverTransactions, clientTransactions, dialogs]).toEqual([0, 0, 0]);
  });
});

it('the answers that belong to nothing are well-formed all the same', () => {
  phone.send('\r\n');
  for (const [name, , lines] of VALID.filter(([, fate]) => fate === 'silence')) {
    expect(parseMessage(bytes(name, lines)).outcome).toBe('message');
  }
});

it('420 names what is not known, and nothing of proxies', async () => {
  const [name, , lines] = SEMANTICS.find(([one]) => one === 'bext01')!;
  phone.send(bytes(name, lines));
  const answer = await phone.expect(420, 'OPTIONS');
  expect(answer.headers.get('Unsupported')).toMatch(
    /^nothingsupportsthis, nothingsupportsthiseither$/i,
  );
  clock.advance(40_000);
});
