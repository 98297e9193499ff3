import type { NaptrRecord, SrvRecord } from 'node:dns';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Locator, type Dns } from './Locator.ts';
import { trunkUri } from './trunkUri.ts';

/** A DNS that knows these names. */
class FakeDns implements Dns {
  naptrs: Record<string, NaptrRecord[]> = {};
  srvs: Record<string, SrvRecord[]> = {};
  hosts: Record<string, string[]> = {};
  asked: string[] = [];
  away = false;

  naptr(name: string): Promise<NaptrRecord[]> {
    return this.#look('NAPTR', name, this.naptrs);
  }
  srv(name: string): Promise<SrvRecord[]> {
    return this.#look('SRV', name, this.srvs);
  }
  addresses(name: string): Promise<string[]> {
    return this.#look('A', name, this.hosts);
  }

  #look<T>(type: string, name: string, from: Record<string, T[]>): Promise<T[]> {
    this.asked.push(`${type} ${name}`);
    if (this.away) return new Promise(() => undefined);
    const found = from[name];
    return found ? Promise.resolve(found) : Promise.reject(new Error('ENOTFOUND'));
  }
}

const naptr = (order: number, service: string, replacement: string): NaptrRecord => ({
  ...{ order, preference: 1, flags: 's', service, regexp: '', replacement },
});
const srv = (name: string, port: number, priority = 1, weight = 0): SrvRecord => ({
  ...{ name, port, priority, weight },
});

let dns: FakeDns;
let time: number;

beforeEach(() => {
  dns = new FakeDns();
  time = 0;
});

afterEach(() => {
  vi.useRealTimers();
});

function locator(transports: ('udp' | 'tcp' | 'tls')[] = ['udp', 'tcp', 'tls'], lot = 0.5) {
  return new Locator({ family: 4, transports, dns, now: () => time, random: () => lot });
}

describe('Locator', () => {
  it.each(['sip:192.0.2.1', 'sip:[2001:db8::1]:5061;transport=tls', 'sips:192.0.2.1:5070'])(
    'leaves %s as it is',
    async (uri) => {
      expect(await locator().locate(uri)).toEqual([uri]);
      expect(dns.asked).toEqual([]);
    },
  );

  it('looks only for the addresses of a name with a port', async () => {
    dns.hosts['pbx.example'] = ['192.0.2.1', '192.0.2.2'];
    expect(await locator().locate('sip:pbx.example:5070')).toEqual([
      'sip:192.0.2.1:5070;transport=udp',
      'sip:192.0.2.2:5070;transport=udp',
    ]);
    expect(dns.asked).toEqual(['A pbx.example']);
  });

  it('takes the transport of NAPTR, the first that we have, and the targets by priority', async () => {
    dns.naptrs['example'] = [
      naptr(20, 'SIP+D2U', '_sip._udp.example'),
      naptr(10, 'SIP+D2T', '_sip._tcp.example'),
      naptr(5, 'SIP+D2S', '_sip._sctp.example'),
      naptr(1, 'SIPS+D2T', '_sips._tcp.example'),
    ];
    dns.srvs['_sip._tcp.example'] = [srv('b.example', 5080, 20), srv('a.example', 5090, 10)];
    dns.hosts['a.example'] = ['192.0.2.1'];
    dns.hosts['b.example'] = ['192.0.2.2'];
    expect(await locator(['udp', 'tcp']).locate('sip:example')).toEqual([
      'sip:192.0.2.1:5090;transport=tcp',
      'sip:192.0.2.2:5080;transport=tcp',
    ]);
  });

  it('asks for SRV where there is no NAPTR, in the order that we prefer', async () => {
    dns.srvs['_sip._udp.example'] = [srv('.', 0)];
    dns.srvs['_sip._tcp.example'] = [srv('a.example', 5060)];
    dns.hosts['a.example'] = ['192.0.2.1'];
    expect(await locator().locate('sip:example')).toEqual(['sip:192.0.2.1:5060;transport=tcp']);
  });

  it('goes to the host itself where there is no SRV either', async () => {
    dns.hosts['example'] = ['192.0.2.1'];
    expect(await locator().locate('sip:example')).toEqual(['sip:192.0.2.1:5060;transport=udp']);
    expect(await locator().locate('sip:example;transport=tcp')).toEqual([
      'sip:192.0.2.1:5060;transport=tcp',
    ]);
  });

  it('says for TLS whose certificate is wanted: that of the domain', async () => {
    dns.srvs['_sips._tcp.example'] = [srv('edge.elsewhere', 5071)];
    dns.hosts['edge.elsewhere'] = ['192.0.2.1'];
    const hop = 'sip:192.0.2.1:5071;transport=tls;tls-name=example';
    expect(await locator().locate('sips:example')).toEqual([hop]);
    expect(await locator().locate('sip:example;transport=tls')).toEqual([hop]);
  });

  it.each([
    [0, ['192.0.2.1', '192.0.2.2', '192.0.2.3']],
    [0.99, ['192.0.2.3', '192.0.2.2', '192.0.2.1']],
  ])('draws among equals by their weights: %d', async (lot, order) => {
    dns.srvs['_sip._udp.example'] = [
      srv('192.0.2.1', 5060, 1, 0),
      srv('192.0.2.2', 5060, 1, 10),
      srv('192.0.2.3', 5060, 1, 90),
    ];
    const hops = await locator(['udp'], lot).locate('sip:example');
    expect(hops.map((hop) => /sip:([^:]*)/.exec(hop)?.[1])).toEqual(order);
  });

  it('remembers for a minute, and longer where the DNS is away', async () => {
    dns.hosts['pbx.example'] = ['192.0.2.1'];
    const one = locator();
    const uri = 'sip:pbx.example:5070';
    const known = await one.locate(uri);
    time = 59_000;
    expect(await one.locate(uri)).toEqual(known);
    expect(dns.asked).toHaveLength(1);
    time = 61_000;
    dns.hosts['pbx.example'] = ['192.0.2.9'];
    expect(await one.locate(uri)).toEqual(['sip:192.0.2.9:5070;transport=udp']);
    time = 130_000;
    dns.away = true;
    vi.useFakeTimers();
    const asked = one.locate(uri);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await asked).toEqual(['sip:192.0.2.9:5070;transport=udp']);
    const never = one.locate('sip:other.example:5070');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await never).toEqual(['sip:other.example:5070']);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('trunkUri', () => {
  it('takes a trunk apart, whatever its case', () => {
    expect(trunkUri('SIPS:[2001:db8::1]:5071;transport=TCP')).toEqual({
      scheme: 'sips',
      host: '2001:db8::1',
      domain: '[2001:db8::1]',
      port: 5071,
      transport: 'tls',
      secure: true,
      rest: '[2001:db8::1]:5071;transport=TCP',
    });
    expect(() => trunkUri('tel:+15550100')).toThrow(TypeError);
  });
});
