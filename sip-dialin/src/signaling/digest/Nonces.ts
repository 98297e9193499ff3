import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long a nonce is good for, in ms; a caller who is slower is asked again, with `stale`. */
export const NONCE_MS = 5 * 60_000;
/** Used nonces that are remembered at a time. */
export const MAX_USED = 10_000;

const TIME_BYTES = 6;
const RANDOM_BYTES = 8;
const MAC_BYTES = 16;

/**
 * Nonces that cost nothing before they are used: each carries its time and our mark. Only those that
 * came with the right password are remembered, so that no count of theirs is taken twice (RFC 7616
 * section 3.4, `nc`). Time is in ms since 1970.
 */
export class Nonces {
  readonly #key = randomBytes(32);
  /** Highest count so far, in order of the first use. */
  readonly #used = new Map<string, number>();
  /** What was made until then is stale: its count may have been forgotten. */
  #forgottenUntil = -Infinity;

  /** Nonces that are remembered. */
  get size(): number {
    return this.#used.size;
  }

  issue(now: number): string {
    const head = Buffer.alloc(TIME_BYTES + RANDOM_BYTES);
    head.writeUIntBE(Math.floor(now), 0, TIME_BYTES);
    randomBytes(RANDOM_BYTES).copy(head, TIME_BYTES);
    return Buffer.concat([head, this.#mark(head)]).toString('base64url');
  }

  /** Uses it for the `count`th time; false when it is not ours, too old, or was used so often already. */
  use(nonce: string, count: number, now: number): boolean {
    const issuedAt = this.#issuedAt(nonce);
    if (issuedAt === undefined || issuedAt <= this.#forgottenUntil) return false;
    if (now - issuedAt > NONCE_MS || count <= (this.#used.get(nonce) ?? 0)) return false;
    if (!this.#used.has(nonce)) this.#makeRoom(now);
    this.#used.set(nonce, count);
    return true;
  }

  #makeRoom(now: number): void {
    for (const nonce of this.#used.keys()) {
      const issuedAt = this.#issuedAt(nonce) ?? 0;
      const isOld = now - issuedAt > NONCE_MS;
      if (!isOld && this.#used.size < MAX_USED) return;
      this.#used.delete(nonce);
      if (!isOld) this.#forgottenUntil = Math.max(this.#forgottenUntil, issuedAt);
    }
  }

  #issuedAt(nonce: string): number | undefined {
    const bytes = Buffer.from(nonce, 'base64url');
    if (bytes.length !== TIME_BYTES + RANDOM_BYTES + MAC_BYTES) return undefined;
    const head = bytes.subarray(0, TIME_BYTES + RANDOM_BYTES);
    const isOurs = timingSafeEqual(bytes.subarray(head.length), this.#mark(head));
    // One nonce has one spelling: another would be another name for the count.
    return isOurs && bytes.toString('base64url') === nonce
      ? head.readUIntBE(0, TIME_BYTES)
      : undefined;
  }

  #mark(head: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(head).digest().subarray(0, MAC_BYTES);
  }
}
