import type { RtpAddress } from '../../PhoneMedia.ts';

/** A source that was silent this long may have moved (a new NAT binding); before, nobody replaces it. */
export const RELATCH_AFTER_MS = 5000;
/** The same on another port of the same host: no stranger, but a phone that opened a new socket. */
export const RELATCH_SAME_HOST_AFTER_MS = 1000;
/** So long nothing counts from where the caller has moved from; then perhaps it has not. */
export const LEFT_MS = 1000;

/**
 * Symmetric RTP (RFC 4961, RFC 7362): we send to where the caller's packets come from, not to where
 * its SDP says, for NATs rewrite the one and not the other. Once latched a stranger cannot take over.
 */
export class Latch {
  #source: RtpAddress | undefined;
  #heardAt = 0;
  /** Where the caller has moved from, and when. */
  #left: { source: RtpAddress; at: number } | undefined;

  get source(): RtpAddress | undefined {
    return this.#source;
  }

  /** A valid packet came from there: whose is it? `now`: monotonic milliseconds. */
  admit(from: RtpAddress, now: number): 'same' | 'new' | 'stranger' {
    const source = this.#source;
    if (this.isSource(from)) {
      this.#heardAt = now;
      return 'same';
    }
    if (!source && this.#isLeft(from, now)) return 'stranger';
    const patience = source?.ip === from.ip ? RELATCH_SAME_HOST_AFTER_MS : RELATCH_AFTER_MS;
    if (source && now - this.#heardAt <= patience) return 'stranger';
    this.#heardAt = now;
    this.#source = { ip: from.ip, port: from.port };
    return 'new';
  }

  isSource(from: RtpAddress): boolean {
    return isSame(this.#source, from);
  }

  /** Whether it is silent so long that some may replace it. */
  isSilent(now: number): boolean {
    return now - this.#heardAt > RELATCH_SAME_HOST_AFTER_MS;
  }

  /**
   * The caller said by SDP where it is: the next valid packet tells. `movedAt`: it was elsewhere until then, from where
   * some may yet be under way, or come from a phone whose place another one takes: they would keep the new one out.
   */
  release(movedAt?: number): void {
    if (this.#source && movedAt !== undefined) this.#left = { source: this.#source, at: movedAt };
    this.#source = undefined;
  }

  #isLeft(from: RtpAddress, now: number): boolean {
    return isSame(this.#left?.source, from) && now - (this.#left?.at ?? 0) <= LEFT_MS;
  }
}

function isSame(a: RtpAddress | undefined, b: RtpAddress): boolean {
  return a?.port === b.port && a.ip === b.ip;
}
