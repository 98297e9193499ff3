import { BlockList, isIP } from 'node:net';
import { AppError, type TrunksChanged } from '@switchroom/protocol';
import { Trunk } from './Trunk.ts';

interface Network {
  readonly list: BlockList;
  readonly prefix: number;
  readonly trunk: Trunk;
}

/**
 * Whom calls may come from, as the server told last: this is the one place that decides it, without
 * asking anybody. What it does not know is refused before anything else is looked at. Until the server
 * has told, that is everybody.
 */
export class Trunks {
  readonly #now: () => number;
  readonly #known = Promise.withResolvers<TrunksChanged>();
  readonly #byId = new Map<string, Trunk>();
  /** The most specific first. */
  #networks: readonly Network[] = [];
  #numbers: readonly string[] = [];

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
    this.#networks = news.trunks
      .flatMap((settings) => {
        const trunk = this.#byId.get(settings.id) ?? new Trunk(settings, this.#now());
        trunk.settings = settings;
        this.#byId.set(settings.id, trunk);
        return settings.cidrs.map((cidr) => networkOf(cidr, trunk));
      })
      .sort((a, b) => b.prefix - a.prefix);
    this.#numbers = news.numbers;
    this.#known.resolve(news);
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
    return this.match(address) !== undefined;
  }

  /** The trunk with the most specific network that has this IP address; of equals the oldest. */
  match(address: string): Trunk | undefined {
    // In SIP an IPv6 address has brackets; a socket for both families writes IPv4 as IPv6.
    const bare = address.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:(?=\d+\.)/i, '');
    const version = isIP(bare);
    if (version === 0) return undefined;
    const family = version === 6 ? 'ipv6' : 'ipv4';
    return this.#networks.find(({ list }) => list.check(bare, family))?.trunk;
  }
}

function networkOf(cidr: string, trunk: Trunk): Network {
  const [address = '', bits = ''] = cidr.split('/');
  const prefix = Number(bits);
  const list = new BlockList();
  list.addSubnet(address, prefix, address.includes(':') ? 'ipv6' : 'ipv4');
  return { list, prefix, trunk };
}
