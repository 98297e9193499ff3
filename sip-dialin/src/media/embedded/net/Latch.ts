import type { RtpAddress } from '../../PhoneMedia.ts';

/** A source that was silent this long may have moved (a new NAT binding); before, nobody replaces it. */
export const RELATCH_AFTER_MS = 5000;

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
    const same = source?.ip === from.ip && source.port === from.port;
    if (source && !same && !this.isSilent(now)) return 'stranger';
    this.#heardAt = now;
    if (same) return 'same';
    this.#source = { ip: from.ip, port: from.port };
    return 'new';
  }

  isSilent(now: number): boolean {
    return now - this.#heardAt > RELATCH_AFTER_MS;
  }

  /** The caller said by SDP that it has moved: the next valid packet tells where to. */
  release(): void {
    this.#source = undefined;
  }
}
