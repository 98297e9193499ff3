/** What one address may take of the room, so that no known source, however mad, shuts out the others. */
const SHARE_OF_ONE = 1 / 2;
/** What all requests that begin something may take: the rest is for the BYEs of the calls that are up. */
const SHARE_OF_NEW = 9 / 10;

/**
 * How many server transactions there may be at a time, and of whom. A request within a dialog counts for
 * its address and is let in as long as there is any room.
 */
export class TransactionRoom {
  readonly #max: number;
  readonly #byHost = new Map<string, number>();
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Addresses that have any. */
  get hosts(): number {
    return this.#byHost.size;
  }

  /** False when there is no room for one more from this address; else `leave` is to follow. */
  enter(host: string, isWithinDialog: boolean): boolean {
    const own = this.#byHost.get(host) ?? 0;
    if (this.#taken >= this.#max) return false;
    const isFull = this.#taken >= this.#max * SHARE_OF_NEW || own >= this.#max * SHARE_OF_ONE;
    if (isFull && !isWithinDialog) return false;
    this.#byHost.set(host, own + 1);
    this.#taken++;
    return true;
  }

  leave(host: string): void {
    const own = (this.#byHost.get(host) ?? 0) - 1;
    if (own > 0) this.#byHost.set(host, own);
    else this.#byHost.delete(host);
    this.#taken--;
  }
}
