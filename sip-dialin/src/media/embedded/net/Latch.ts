import type { RtpAddress } from '../../PhoneMedia.ts';

/** A source that was silent this long may have moved (a new NAT binding); before, nobody replaces it. */
export const RELATCH_AFTER_MS = 5000;
/** The same on another port of the same host: no stranger, but a phone that opened a new socket. */
export const RELATCH_SAME_HOST_AFTER_MS = 1000;
/** So long nothing counts from where the caller has moved from; then perhaps it has not. */
export const LEFT_MS = 1000;

/**
 * Symmetric RTP (RFC 4961, RFC 7362): we send to where the caller's packets come from, not to where
 * its SDP says, for NATs rewrite the one and not the other. Once latched a stranger cannot take over: not while
 * the caller speaks, nor for good when the caller is silent (on hold, say). Where SDP says is the caller's whoever was
 * sooner; and what was heard first is so, against all that took its place.
 */
export class Latch {
  #source: RtpAddress | undefined;
  #heardAt = 0;
  #named: RtpAddress | undefined;
  /** Whether packets come from where SDP says: then there is no NAT, and other hosts are nobody. */
  #namedIsHeard = false;
  /** The first source at this address of SDP's. */
  #first: RtpAddress | undefined;
  /** Where the caller has moved from, and when. */
  #left: { source: RtpAddress; at: number } | undefined;

  get source(): RtpAddress | undefined {
    return this.#source;
  }

  /** Whether the source is where SDP says: nobody can be meant but this one. */
  get isNamed(): boolean {
    return isSame(this.#named, this.#source);
  }

  /** A valid packet came from there: whose is it? `now`: monotonic milliseconds. */
  admit(from: RtpAddress, now: number): 'same' | 'new' | 'stranger' {
    const source = this.#source;
    if (this.isSource(from)) {
      this.#heardAt = now;
      return 'same';
    }
    if (!source && this.#isLeft(from, now)) return 'stranger';
    if (source && !this.#outranks(from) && !this.#mayReplace(source, from, now)) return 'stranger';
    this.#heardAt = now;
    this.#source = { ip: from.ip, port: from.port };
    this.#first ??= this.#source;
    this.#namedIsHeard ||= this.isNamed;
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
   * The caller said by SDP that it is at `named`: the next valid packet tells. `movedAt`: it was elsewhere until then, from
   * where some may yet be under way, or come from a phone whose place another one takes: they would keep the new one out.
   */
  release(named: RtpAddress, movedAt?: number): void {
    if (this.#source && movedAt !== undefined) this.#left = { source: this.#source, at: movedAt };
    this.#named = named;
    this.#namedIsHeard = false;
    this.#source = undefined;
    this.#first = undefined;
  }

  /** Whether a packet from there is the caller's, whoever is the source now. */
  #outranks(from: RtpAddress): boolean {
    return isSame(this.#named, from) || (isSame(this.#first, from) && !this.isNamed);
  }

  #mayReplace(source: RtpAddress, from: RtpAddress, now: number): boolean {
    const isHere = source.ip === from.ip;
    if (!isHere && this.#namedIsHeard) return false;
    const patience = isHere ? RELATCH_SAME_HOST_AFTER_MS : RELATCH_AFTER_MS;
    return now - this.#heardAt > patience;
  }

  #isLeft(from: RtpAddress, now: number): boolean {
    return isSame(this.#left?.source, from) && now - (this.#left?.at ?? 0) <= LEFT_MS;
  }
}

function isSame(a: RtpAddress | undefined, b: RtpAddress | undefined): boolean {
  return a !== undefined && a.port === b?.port && a.ip === b.ip;
}
