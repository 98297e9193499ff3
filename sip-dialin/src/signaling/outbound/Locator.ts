import { Resolver, lookup } from 'node:dns/promises';
import type { NaptrRecord, SrvRecord } from 'node:dns';
import { isIP } from 'node:net';
import type { TrunkTransport } from '@switchroom/protocol';
import { trunkUri } from './trunkUri.ts';

/** What is asked of the DNS; each gives nothing where there is nothing, and rejects where nobody answers. */
export interface Dns {
  naptr(name: string): Promise<NaptrRecord[]>;
  srv(name: string): Promise<SrvRecord[]>;
  /** IP addresses of the family that the SIP server has. */
  addresses(name: string): Promise<string[]>;
}

export interface LocatorOptions {
  /** The SIP server's family of addresses. */
  family: 4 | 6;
  /** Those that the SIP server has, in the order in which we prefer them where the DNS does not say. */
  transports: readonly TrunkTransport[];
  dns?: Dns;
  /** In ms, from a monotonic clock. */
  now?: () => number;
  /** From 0 to 1. */
  random?: () => number;
}

/** How long an answer of the DNS is good for, in ms; after that, for as long as there is no other. */
const FRESH_MS = 60_000;
/** A call cannot wait longer for the DNS, in ms. */
const PATIENCE_MS = 1_500;
/** NAPTR services of RFC 3263 section 4.1. */
const SERVICES: ReadonlyMap<string, TrunkTransport> = new Map([
  ['sip+d2u', 'udp'],
  ['sip+d2t', 'tcp'],
  ['sips+d2t', 'tls'],
]);

/**
 * Where a trunk's calls are to be sent (RFC 3263): its addresses in the order in which they are to be tried, as
 * URIs that the SIP server takes for a next hop. Remembers them for a minute.
 */
export class Locator {
  readonly #options: LocatorOptions;
  readonly #dns: Dns;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #known = new Map<string, { hops: string[]; at: number }>();

  constructor(options: LocatorOptions) {
    this.#options = options;
    this.#dns = options.dns ?? systemDns(options.family);
    this.#now = options.now ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
  }

  /** Never rejects: where the DNS is of no help it gives what was known, or the URI itself. */
  async locate(uri: string): Promise<readonly string[]> {
    const known = this.#known.get(uri);
    if (known && this.#now() - known.at < FRESH_MS) return known.hops;
    const hops = await within(PATIENCE_MS, this.#ask(uri)).catch(() => []);
    if (hops.length === 0) return known?.hops ?? [uri];
    this.#known.set(uri, { hops, at: this.#now() });
    return hops;
  }

  async #ask(uri: string): Promise<string[]> {
    const { host, port, transport, secure } = trunkUri(uri);
    if (isIP(host) !== 0) return [uri];
    if (port !== undefined) {
      // Section 4.2: with a port there is nothing to be looked up but the address.
      return this.#hops(host, [{ host, port, transport: transport ?? (secure ? 'tls' : 'udp') }]);
    }
    const services = await this.#services(host, transport ?? (secure ? 'tls' : undefined), secure);
    for (const service of services) {
      const records = ordered(await this.#srv(service.name), this.#random);
      const targets = records.map(({ name, port: at }) => ({
        ...{ host: name, port: at, transport: service.transport },
      }));
      const hops = await this.#hops(host, targets);
      if (hops.length > 0) return hops;
    }
    const by = transport ?? (secure ? 'tls' : 'udp');
    return this.#hops(host, [{ host, port: by === 'tls' ? 5061 : 5060, transport: by }]);
  }

  /** The names of the SRV records, in the order in which they are to be asked for (section 4.1). */
  async #services(
    host: string,
    transport: TrunkTransport | undefined,
    secure: boolean,
  ): Promise<{ name: string; transport: TrunkTransport }[]> {
    const ours = this.#options.transports.filter((one) => !secure || one === 'tls');
    if (transport !== undefined) return [{ name: srvName(transport, host), transport }];
    const records = await this.#dns.naptr(host).catch(() => []);
    const named = records
      .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
      .flatMap(({ service, flags, replacement }) => {
        const by = SERVICES.get(service.toLowerCase());
        const isUsable = by !== undefined && flags.toLowerCase() === 's' && ours.includes(by);
        return isUsable ? [{ name: replacement, transport: by }] : [];
      });
    return named.length > 0
      ? named
      : ours.map((one) => ({ name: srvName(one, host), transport: one }));
  }

  async #srv(name: string): Promise<SrvRecord[]> {
    const records = await this.#dns.srv(name).catch(() => []);
    // RFC 2782: a dot means that there is no such service.
    return records.filter((record) => record.name !== '' && record.name !== '.');
  }

  async #hops(
    domain: string,
    targets: readonly { host: string; port: number; transport: TrunkTransport }[],
  ): Promise<string[]> {
    const found = await Promise.all(
      targets.map(async ({ host, port, transport }) => {
        const addresses = isIP(host) === 0 ? await this.#addresses(host) : [host];
        return addresses.map((address) => hopUri(address, port, transport, domain));
      }),
    );
    return [...new Set(found.flat())];
  }

  async #addresses(host: string): Promise<string[]> {
    return this.#dns.addresses(host).catch(() => []);
  }
}

function srvName(transport: TrunkTransport, host: string): string {
  return transport === 'tls' ? `_sips._tcp.${host}` : `_sip._${transport}.${host}`;
}

function hopUri(address: string, port: number, transport: TrunkTransport, domain: string): string {
  const host = isIP(address) === 6 ? `[${address}]` : address;
  // RFC 5922 section 4: the certificate must name what was asked for, not what the DNS made of it.
  const name = transport === 'tls' ? `;tls-name=${domain}` : '';
  return `sip:${host}:${port};transport=${transport}${name}`;
}

/** By priority, and among equals by lot as their weights have it (RFC 2782). */
function ordered(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const left = records.toSorted((a, b) => a.priority - b.priority || a.weight - b.weight);
  const found: SrvRecord[] = [];
  while (left.length > 0) {
    const equals = left.filter(({ priority }) => priority === left[0]?.priority);
    let lot = random() * equals.reduce((sum, { weight }) => sum + weight, 0);
    const drawn = equals.find(({ weight }) => (lot -= weight) <= 0) ?? equals[0];
    if (!drawn) break;
    found.push(drawn);
    left.splice(left.indexOf(drawn), 1);
  }
  return found;
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('The DNS does not answer.')), ms);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function systemDns(family: 4 | 6): Dns {
  const resolver = new Resolver({ timeout: 500, tries: 2 });
  return {
    naptr: (name) => resolver.resolveNaptr(name),
    srv: (name) => resolver.resolveSrv(name),
    // By the system, so that /etc/hosts counts.
    addresses: async (name) =>
      (await lookup(name, { family, all: true })).map(({ address }) => address),
  };
}
