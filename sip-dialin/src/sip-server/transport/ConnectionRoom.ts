/** What all strangers together may take of the room: the rest is for known sources. */
const SHARE_OF_STRANGERS = 1 / 2;
/** Connections of one stranger. It has no use for a second one, but others may share its address. */
const OF_A_STRANGER = 10;
/** Connections of one known address, behind which there may be many phones. */
const OF_A_KNOWN = 250;

/** How many connections there may be at a time, and of whom. */
export class ConnectionRoom {
  readonly #max: number;
  readonly #byAddress = new Map<string, number>();
  #taken = 0;
  #strangers = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Gives what is to be called once when the connection is gone; undefined when there is no room for it. */
  enter(address: string, isKnown: boolean): (() => void) | undefined {
    const own = this.#byAddress.get(address) ?? 0;
    if (this.#taken >= this.#max || own >= (isKnown ? OF_A_KNOWN : OF_A_STRANGER)) return undefined;
    if (!isKnown && this.#strangers >= this.#max * SHARE_OF_STRANGERS) return undefined;
    this.#byAddress.set(address, own + 1);
    this.#taken++;
    if (!isKnown) this.#strangers++;
    return () => this.#leave(address, isKnown);
  }

  #leave(address: string, isKnown: boolean): void {
    const own = (this.#byAddress.get(address) ?? 0) - 1;
    if (own > 0) this.#byAddress.set(address, own);
    else this.#byAddress.delete(address);
    this.#taken--;
    if (!isKnown) this.#strangers--;
  }
}
