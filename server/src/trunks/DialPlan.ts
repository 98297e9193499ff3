import { EventEmitter } from 'node:events';
import type { TrunksChanged } from '@switchroom/protocol';
import type { Database } from '../db/openDatabase.ts';
import { DidStore, type Did } from './DidStore.ts';
import { TrunkStore, type Trunk } from './TrunkStore.ts';

/**
 * Trunks and DIDs: kept in the database, and in memory for every call to be judged by. `changed` comes
 * after every change. Lives as long as the database does.
 */
export class DialPlan extends EventEmitter<{ changed: [] }> {
  readonly trunks: TrunkStore;
  readonly dids: DidStore;
  #trunks: readonly Trunk[] = [];
  #dids: readonly Did[] = [];

  private constructor(db: Database) {
    super();
    // As many as there are gateways.
    this.setMaxListeners(0);
    const changed = async (): Promise<void> => {
      await this.#load();
      this.emit('changed');
    };
    this.trunks = new TrunkStore(db, changed);
    this.dids = new DidStore(db, changed);
  }

  static async open(db: Database): Promise<DialPlan> {
    const plan = new DialPlan(db);
    await plan.#load();
    return plan;
  }

  /** The trunks that calls may come over now, the oldest first. */
  get openTrunks(): readonly Trunk[] {
    return this.#trunks.filter(({ enabled }) => enabled);
  }

  /** What sip-dialin is told. */
  get news(): TrunksChanged {
    const trunks = this.openTrunks.map(({ enabled: _, createdAt: __, ...trunk }) => trunk);
    return { trunks, numbers: this.promptNumbers };
  }

  /** The numbers (E.164) that can be called now and lead to the PIN prompt. */
  get promptNumbers(): string[] {
    return this.#dids
      .filter((did) => did.meetingId === null && this.#isOpen(did))
      .map(({ number }) => number);
  }

  /**
   * The DID that was dialled, in whatever form a trunk wrote it; `undefined` if it is not ours, or
   * not for calls over this trunk.
   */
  find(dialled: string, trunkId?: string): Did | undefined {
    const digits = dialled.replace(/\D/g, '');
    const did = this.#dids.find(({ number }) => number.slice(1) === digits);
    if (!did || !this.#isOpen(did)) return undefined;
    const isBound = did.trunkId !== null && trunkId !== undefined;
    return isBound && did.trunkId !== trunkId ? undefined : did;
  }

  #isOpen({ enabled, trunkId }: Did): boolean {
    return enabled && (trunkId === null || this.openTrunks.some(({ id }) => id === trunkId));
  }

  async #load(): Promise<void> {
    const [trunks, dids] = await Promise.all([this.trunks.list(), this.dids.list()]);
    this.#trunks = trunks;
    this.#dids = dids;
  }
}
