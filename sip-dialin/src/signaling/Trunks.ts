import { BlockList, isIP } from 'node:net';
import { AppError, type TrunksChanged } from '@switchroom/protocol';
import { Digest, type SignedRequest } from './digest/Digest.ts';
import { Trunk } from './Trunk.ts';

interface Network {
  readonly list: BlockList;
  readonly prefix: number;
  readonly trunk: Trunk;
}

export type Verdict =
  | { type: 'admitted'; trunk: Trunk }
  /** 401 with this as WWW-Authenticate: its sender may yet prove who it is. */
  | { type: 'challenge'; value: string }
  | { type: 'stranger' }
  /** The server has not told yet. */
  | { type: 'unknown' };

/**
 * Whom calls may come from, as the server told last: this is the one place that decides it, without
 * asking anybody. What it does not know is refused before anything else is looked at. Until the server
 * has told, nobody can be judged.
 */
export class Trunks {
  readonly #now: () => number;
  readonly #digest = new Digest();
  readonly #known = Promise.withResolvers<TrunksChanged>();
  #isKnown = false;
  readonly #byId = new Map<string, Trunk>();
  /** The most specific first. */
  #networks: readonly Network[] = [];
  #told: readonly Trunk[] = [];
  /** Those without networks: only their digest tells them. */
  #anywhere: readonly Trunk[] = [];
  #numbers: readonly string[] = [];
  /** Where we are registered, by IP address: calls come in from there. */
  #registrars: ReadonlyMap<string, Trunk> = new Map();
  readonly #registeredAt = new Map<string, readonly string[]>();

  /** `now` is in ms, from a monotonic clock. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The numbers that lead to the PIN prompt, in E.164. */
  get numbers(): readonly string[] {
    return this.#numbers;
  }

  /** The server's word, which takes the place of all that it said before. */
  update(news: TrunksChanged): void {
    const told = new Set(news.trunks.map(({ id }) => id));
    for (const [id, trunk] of this.#byId) {
      // Its calls still count, should it come back while they are up.
      if (!told.has(id) && trunk.calls === 0) this.#byId.delete(id);
    }
    const trunks = news.trunks.map((settings) => {
      const trunk = this.#byId.get(settings.id) ?? new Trunk(settings, this.#now());
      trunk.settings = settings;
      this.#byId.set(settings.id, trunk);
      return trunk;
    });
    // One with neither networks nor digest is for calls to the outside: nobody comes in by it.
    this.#anywhere = trunks.filter(
      ({ settings }) => settings.cidrs.length === 0 && settings.digest !== null,
    );
    this.#networks = trunks
      .flatMap((trunk) => trunk.settings.cidrs.map((cidr) => networkOf(cidr, trunk)))
      .sort((a, b) => b.prefix - a.prefix);
    this.#numbers = news.numbers;
    this.#told = trunks;
    this.#findRegistrars();
    this.#isKnown = true;
    this.#known.resolve(news);
  }

  /** The IP addresses at which we are registered over a trunk: as good as networks of its own. None: nowhere. */
  registered(trunkId: string, addresses: readonly string[]): void {
    if (addresses.length > 0) this.#registeredAt.set(trunkId, addresses);
    else this.#registeredAt.delete(trunkId);
    this.#findRegistrars();
  }

  /** Resolves once the server has told. Error `unavailable` when that takes longer than `timeoutMs`. */
  async whenKnown(timeoutMs: number): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new AppError('unavailable', 'The meeting server tells no trunks.')),
      timeoutMs,
    );
    await Promise.race([this.#known.promise, promise]).finally(() => clearTimeout(timer));
  }

  /** Whether a call from this IP address has any prospect: cheap, and all that a stranger costs. */
  knows(address: string): boolean {
    return !this.#isKnown || this.#candidates(address).length > 0;
  }

  /** Over which trunk a call comes in, if over any. */
  judge(call: SignedRequest & { readonly source: string; readonly certified: boolean }): Verdict {
    if (!this.#isKnown) return { type: 'unknown' };
    const candidates = this.#candidates(call.source).filter(
      ({ settings }) => call.certified || !settings.clientCertificate,
    );
    const open = candidates.find(({ settings }) => settings.digest === null);
    if (open) return { type: 'admitted', trunk: open };
    const users = candidates.flatMap((trunk) => {
      const { digest } = trunk.settings;
      return digest ? [{ of: trunk, digest }] : [];
    });
    if (users.length === 0) return { type: 'stranger' };
    const verdict = this.#digest.check(call, users);
    return verdict.type === 'right'
      ? { type: 'admitted', trunk: verdict.of }
      : { type: 'challenge', value: verdict.value };
  }

  #findRegistrars(): void {
    const found = this.#told.flatMap((trunk) =>
      (this.#registeredAt.get(trunk.id) ?? []).map((address) => [address, trunk] as const),
    );
    this.#registrars = new Map(found);
  }

  /**
   * The trunks with the most specific network that has this IP address, the oldest first; where none
   * has it, the one that is registered there, else those that ask for a digest from anywhere.
   */
  #candidates(address: string): readonly Trunk[] {
    // In SIP an IPv6 address has brackets; a socket for both families writes IPv4 as IPv6.
    const bare = address.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:(?=\d+\.)/i, '');
    const version = isIP(bare);
    if (version === 0) return [];
    const family = version === 6 ? 'ipv6' : 'ipv4';
    const first = this.#networks.findIndex(({ list }) => list.check(bare, family));
    const best = this.#networks[first];
    const registrar = this.#registrars.get(bare);
    if (!best) return registrar ? [registrar] : this.#anywhere;
    return this.#networks
      .slice(first)
      .filter(({ prefix, list }) => prefix === best.prefix && list.check(bare, family))
      .map(({ trunk }) => trunk);
  }
}

function networkOf(cidr: string, trunk: Trunk): Network {
  const [address = '', bits = ''] = cidr.split('/');
  const prefix = Number(bits);
  const list = new BlockList();
  list.addSubnet(address, prefix, address.includes(':') ? 'ipv6' : 'ipv4');
  return { list, prefix, trunk };
}
