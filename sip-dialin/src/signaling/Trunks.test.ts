import type { GatewayTrunk } from '@switchroom/protocol';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { CallRate } from './CallRate.ts';
import { Strangers } from './Strangers.ts';
import { authorizationFor, digestUser } from './testing/digestClient.ts';
import { gatewayTrunk } from './testing/gatewayTrunk.ts';
import type { Trunk } from './Trunk.ts';
import { Trunks } from './Trunks.ts';

function trunksOf(...trunks: Partial<GatewayTrunk>[]): Trunks {
  const made = new Trunks(() => 0);
  made.update({ trunks: trunks.map((changes) => gatewayTrunk(changes)), numbers: [] });
  return made;
}

const URI = 'sip:+15550100@127.0.0.1';

function admitted(trunks: Trunks, source: string, authorization = ''): Trunk | undefined {
  const verdict = trunks.judge({ source, uri: URI, authorization, certified: false });
  return verdict.type === 'admitted' ? verdict.trunk : undefined;
}

describe('Trunks', () => {
  const loopback = trunksOf({});

  it.each(['127.0.0.1', '127.9.9.9', '::1', '[::1]', '::ffff:127.0.0.1'])('knows %s', (address) =>
    expect(admitted(loopback, address)?.id).toBe('loopback'),
  );

  it.each(['192.0.2.1', '10.0.0.1', '::2', 'localhost', ''])('does not know %j', (address) =>
    expect(loopback.knows(address)).toBe(false),
  );

  it('judges nobody before the server has told, and nobody waits for ever', async () => {
    const trunks = new Trunks(() => 0);
    expect(trunks.knows('192.0.2.7')).toBe(true);
    const call = { source: '127.0.0.1', uri: URI, authorization: '', certified: false };
    expect(trunks.judge(call)).toEqual({ type: 'unknown' });
    await expect(trunks.whenKnown(1)).rejects.toMatchObject({ code: 'unavailable' });
    const known = trunks.whenKnown(10_000);
    trunks.update({ trunks: [gatewayTrunk()], numbers: ['+15550100'] });
    await known;
    expect(trunks.numbers).toEqual(['+15550100']);
    expect(trunks.knows('127.0.0.1')).toBe(true);
    expect(trunks.knows('192.0.2.7')).toBe(false);
  });

  it('lets nobody in by a trunk that is only for calls to the outside', () => {
    const trunks = trunksOf({ id: 'outbound', cidrs: [], digest: null });
    expect(trunks.knows('192.0.2.7')).toBe(false);
    const call = { source: '192.0.2.7', uri: URI, authorization: '', certified: false };
    expect(trunks.judge(call)).toEqual({ type: 'stranger' });
  });

  it('wants a certificate where a trunk does, and leaves the others open', () => {
    const trunks = trunksOf({ id: 'strict', clientCertificate: true });
    const call = { source: '127.0.0.1', uri: URI, authorization: '' };
    expect(trunks.judge({ ...call, certified: false })).toEqual({ type: 'stranger' });
    expect(trunks.judge({ ...call, certified: true })).toMatchObject({ trunk: { id: 'strict' } });
    const both = trunksOf({ id: 'strict', clientCertificate: true }, { id: 'open' });
    expect(both.judge({ ...call, certified: false })).toMatchObject({ trunk: { id: 'open' } });
  });

  it('lets in who calls from where a trunk is registered, unless a network says otherwise', () => {
    const trunks = trunksOf({ id: 'carrier', cidrs: [] }, { id: 'pbx', cidrs: ['10.0.0.0/8'] });
    trunks.registered('carrier', ['192.0.2.1', '10.0.0.1']);
    expect(trunks.knows('192.0.2.1')).toBe(true);
    expect(admitted(trunks, '192.0.2.1')?.id).toBe('carrier');
    expect(admitted(trunks, '10.0.0.1')?.id).toBe('pbx');
    // A change of other settings leaves it registered; a trunk that is gone is.
    trunks.update({ trunks: [gatewayTrunk({ id: 'carrier', cidrs: [] })], numbers: [] });
    expect(admitted(trunks, '192.0.2.1')?.id).toBe('carrier');
    trunks.update({ trunks: [], numbers: [] });
    expect(trunks.knows('192.0.2.1')).toBe(false);
    trunks.update({ trunks: [gatewayTrunk({ id: 'carrier', cidrs: [] })], numbers: [] });
    trunks.registered('carrier', []);
    expect(trunks.knows('192.0.2.1')).toBe(false);
  });

  it('prefers the most specific network, then the older trunk', () => {
    const trunks = new Trunks(() => 0);
    trunks.update({
      trunks: [
        gatewayTrunk({ id: 'wide', cidrs: ['192.0.2.0/24', '2001:db8::/32'] }),
        gatewayTrunk({ id: 'narrow', cidrs: ['192.0.2.7/32'] }),
        gatewayTrunk({ id: 'later', cidrs: ['192.0.2.0/24'] }),
      ],
      numbers: [],
    });
    expect(admitted(trunks, '192.0.2.7')?.id).toBe('narrow');
    expect(admitted(trunks, '192.0.2.8')?.id).toBe('wide');
    expect(admitted(trunks, '[2001:db8::5]')?.id).toBe('wide');
    expect(admitted(trunks, '127.0.0.1')).toBeUndefined();
  });

  it('keeps count of the calls of a trunk over a change of its limits', () => {
    const trunks = trunksOf({});
    const trunk = admitted(trunks, '127.0.0.1');
    expect(trunk?.take(0)).toBe('taken');
    trunks.update({ trunks: [gatewayTrunk({ maxCalls: 1 })], numbers: [] });
    expect(admitted(trunks, '127.0.0.1')).toBe(trunk);
    expect(trunk?.take(0)).toBe('full');
    trunk?.release();
    expect(trunk?.take(0)).toBe('taken');
  });
});

describe('Trunks with a digest', () => {
  const user = (name: string) => ({ username: name, password: `secret of ${name}`, uri: URI });
  const digest = (name: string) => digestUser(name, `secret of ${name}`);
  const trunks = trunksOf(
    { id: 'open', cidrs: ['192.0.2.0/24'] },
    { id: 'both', cidrs: ['192.0.2.7/32'], digest: digest('both') },
    { id: 'same', cidrs: ['192.0.2.7/32'], digest: digest('same') },
    { id: 'roaming', cidrs: [], digest: digest('roaming') },
  );
  const answer = (source: string, name: string): Trunk | undefined => {
    const asked = trunks.judge({ source, uri: URI, authorization: '', certified: false });
    if (asked.type !== 'challenge') throw new Error(`${source} was not asked`);
    return admitted(trunks, source, authorizationFor(asked.value, user(name)));
  };

  it('need both where there are networks too, each its own password', () => {
    expect(answer('192.0.2.7', 'both')?.id).toBe('both');
    expect(answer('192.0.2.7', 'same')?.id).toBe('same');
    expect(answer('192.0.2.7', 'roaming')).toBeUndefined();
    expect(answer('198.51.100.1', 'both')).toBeUndefined();
  });

  it('without networks are called from anywhere that is nobody else’s', () => {
    expect(answer('198.51.100.1', 'roaming')?.id).toBe('roaming');
    expect(admitted(trunks, '192.0.2.8')?.id).toBe('open');
    expect(trunks.knows('198.51.100.1')).toBe(true);
    expect(trunks.knows('nowhere')).toBe(false);
  });
});

describe('CallRate', () => {
  it('gives a second’s worth at once, then as many a second, and never saves up more', () => {
    const rate = new CallRate(2, 0);
    expect([rate.take(0), rate.take(0), rate.take(0)]).toEqual([true, true, false]);
    expect([rate.take(499), rate.take(500), rate.take(500)]).toEqual([false, true, false]);
    const late = 3_600_000;
    expect([rate.take(late), rate.take(late), rate.take(late)]).toEqual([true, true, false]);
    rate.perSecond = 1;
    expect([rate.take(late + 9_000), rate.take(late + 9_000)]).toEqual([true, false]);
  });
});

describe('Strangers', () => {
  it('are told of at once, then together once in ten seconds', () => {
    const lines: string[] = [];
    const strangers = new Strangers(
      pino({ base: null }, { write: (line) => lines.push(line) }),
      'refused',
    );
    for (let call = 0; call < 1000; call += 1) strangers.refused('192.0.2.7', 9 * call);
    strangers.refused('192.0.2.8', 10_000);
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { source: '192.0.2.7', calls: 1 },
      { source: '192.0.2.8', calls: 1000 },
    ]);
  });
});
