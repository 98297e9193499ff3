/** How a key comes: in the media (RFC 4733, or as tones), or by SIP INFO. */
export type KeyWay = 'media' | 'info';

/** A key of the other way within this is the same one: INFO is sent when it is let go, which may be long after. */
export const SAME_KEY_MS = 8_000;

/** Some phones send each key both ways, as "RFC 2833 and SIP INFO" has them do: then it counts once. */
export class DoubledKeys {
  /** What came one way, and may yet come the other. */
  #single: { key: string; way: KeyWay; at: number }[] = [];

  /** Whether this key has come the other way already. `now`: monotonic milliseconds. */
  isDoubled(key: string, way: KeyWay, now: number): boolean {
    this.#single = this.#single.filter(({ at }) => now - at <= SAME_KEY_MS);
    const twin = this.#single.findIndex((other) => other.key === key && other.way !== way);
    if (twin < 0) this.#single.push({ key, way, at: now });
    else this.#single.splice(twin, 1);
    return twin >= 0;
  }
}
