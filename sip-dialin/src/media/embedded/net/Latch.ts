import type { RtpAddress } from '../../PhoneMedia.ts';

/** A source that was silent this long may have moved (a new NAT binding); before, nobody replaces it. */
export const RELATCH_AFTER_MS = 5000;
/** The same on another port of the same host: no stranger, but a phone that opened a new socket. */
export const RELATCH_SAME_HOST_AFTER_MS = 1000;

/**
 * Symmetric RTP (RFC 4961, RFC 7362): we send to where the caller's packets come from, not to where
 * its SDP says, for NATs rewrite the one and not the other. Once latched a stranger cannot take over.
 */
export class Latch {
  #source: RtpAddress | undefined;
  #heardAt = 0;

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
    const patience = source?.ip === from.ip ? RELATCH_SAME_HOST_AFTER_MS : RELATCH_AFTER_MS;
    if (source && now - this.#heardAt <= patience) return 'stranger';
    this.#heardAt = now;
    this.#source = { ip: from.ip, port: from.port };
    return 'new';
  }

  isSource(from: RtpAddress): boolean {
    return this.#source?.port === from.port && this.#source.ip === from.ip;
  }

  /** Whether it is silent so long that some may replace it. */
  isSilent(now: number): boolean {
    return now - this.#heardAt > RELATCH_SAME_HOST_AFTER_MS;
  }

  /** The caller said by SDP that it has moved: the next valid packet tells where to. */
  release(): void {
    this.#source = undefined;
  }
}
