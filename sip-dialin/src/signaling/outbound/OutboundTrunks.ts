import { isDeepStrictEqual } from 'node:util';
import { parseTrunkUri, type GatewayTrunk } from '@switchroom/protocol';
import { OutboundTrunk, type OutboundTrunkOptions } from './OutboundTrunk.ts';

/** The trunks that calls go out over, as the server told last. Owns them. */
export class OutboundTrunks {
  readonly #options: OutboundTrunkOptions;
  #trunks: OutboundTrunk[] = [];
  #started = false;
  #closed = false;
  /** Farewells to trunks that are no more, and the start of those that come after. */
  readonly #turns = new Set<Promise<void>>();

  constructor(options: OutboundTrunkOptions) {
    this.#options = options;
  }

  /** From now on they are asked and registered with. */
  start(): void {
    this.#started = true;
    // Those that wait for a farewell are started after it.
    if (this.#turns.size === 0) for (const trunk of this.#trunks) trunk.start();
  }

  /** The server's word, which takes the place of all that it said before. Calls that are up stay. */
  update(settings: readonly GatewayTrunk[]): void {
    if (this.#closed) return;
    const old = new Map(this.#trunks.map((trunk) => [trunk.id, trunk]));
    const fresh: OutboundTrunk[] = [];
    this.#trunks = settings.flatMap((one) => {
      if (one.outbound === null) return [];
      // One that an older version kept, which was less strict: the others still work.
      if (!parseTrunkUri(one.outbound.uri)) {
        this.#options.logger.error({ trunk: one.name }, 'the URI of a trunk cannot be used');
        return [];
      }
      const before = old.get(one.id);
      if (before && isDeepStrictEqual(before.settings, one)) {
        old.delete(one.id);
        return [before];
      }
      const trunk = new OutboundTrunk(one, one.outbound, this.#options);
      if (before) trunk.inherit(before);
      fresh.push(trunk);
      return [trunk];
    });
    // First the farewells: a trunk that has only changed registers the same Contact anew.
    const farewells = Promise.all([...old.values()].map((trunk) => trunk.close()));
    const turn = farewells.then(() => {
      for (const trunk of fresh) if (this.#started && this.#has(trunk)) trunk.start();
    });
    this.#turns.add(turn);
    void turn.finally(() => this.#turns.delete(turn));
  }

  /** As they are to be tried: by priority, those without hope at the end (better than nothing). */
  inOrder(): readonly OutboundTrunk[] {
    const hope = (trunk: OutboundTrunk): number => (trunk.hopeful ? 0 : 1);
    return this.#trunks.toSorted(
      (a, b) => hope(a) - hope(b) || a.outbound.priority - b.outbound.priority,
    );
  }

  /** Un-registers everywhere. Twice is silent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#turns, ...this.#trunks.map((trunk) => trunk.close())]);
  }

  #has(trunk: OutboundTrunk): boolean {
    return !this.#closed && this.#trunks.includes(trunk);
  }
}
