/** Packets later than this many behind the newest are refused (RFC 3711 section 3.3.2). */
const SIZE = 128;

/** Which of the last packets have come: each is taken once. */
export class ReplayWindow {
  #newest = -1;
  /** The last index seen of each residue. */
  readonly #seen = new Float64Array(SIZE).fill(-1);

  /** The highest index taken; -1 before the first. */
  get newest(): number {
    return this.#newest;
  }

  isNew(index: number): boolean {
    return index > this.#newest - SIZE && this.#seen[index % SIZE] !== index;
  }

  /** It was authentic. */
  take(index: number): void {
    this.#seen[index % SIZE] = index;
    this.#newest = Math.max(this.#newest, index);
  }
}
