/** So many wrong passwords in a row from one address, and nothing of it is looked at for a while. */
const MAX_WRONG = 20;
/** How long it is shut out, and how long a wrong one counts, in ms. */
const SHUT_OUT_MS = 60_000;
/** Addresses that are remembered at a time. */
const MAX_SOURCES = 10_000;

/** Who guesses passwords of trunks, by IP address. Time is in ms, from a monotonic clock. */
export class WrongDigests {
  /** In order of the last wrong one. */
  readonly #sources = new Map<string, { wrong: number; at: number }>();

  /** Whether nothing from there is to be looked at. */
  shutsOut(source: string, now: number): boolean {
    const found = this.#sources.get(source);
    if (!found) return false;
    if (now - found.at < SHUT_OUT_MS) return found.wrong >= MAX_WRONG;
    this.#sources.delete(source);
    return false;
  }

  /** A wrong password came from there. */
  wrong(source: string, now: number): void {
    const before = this.#sources.get(source);
    const isFresh = before !== undefined && now - before.at < SHUT_OUT_MS;
    this.#sources.delete(source);
    this.#sources.set(source, { wrong: (isFresh ? before.wrong : 0) + 1, at: now });
    if (this.#sources.size <= MAX_SOURCES) return;
    const [oldest] = this.#sources.keys();
    if (oldest !== undefined) this.#sources.delete(oldest);
  }

  /** A right one came: those before were a mistake. */
  right(source: string): void {
    this.#sources.delete(source);
  }
}
