import { findHeadEnd, LIMITS } from './parseMessage.ts';

const CONTENT_LENGTH = /^(?:content-length|l)[ \t]*:[ \t]*(?:\r?\n[ \t]+)?(\d{1,9})[ \t]*\r?$/im;

/** A stream that cannot be cut into messages any more and must be closed. */
export class FramingError extends Error {}

/**
 * Cuts a TCP stream into messages by their `Content-Length`, which is compulsory there
 * (RFC 3261 section 18.3). `push` gives whole messages, and counts keep-alive pings between them.
 */
export class StreamFramer {
  #pending: Buffer = Buffer.alloc(0);
  /** CRLFs since the last message or ping: the other half of a ping may come in a segment of its own. */
  #lineEnds = 0;

  /** Bytes held back until the rest of their message arrives. */
  get pendingBytes(): number {
    return this.#pending.length;
  }

  /**
   * Adds what was read. `pings` counts double CRLFs between messages, each of which is to be
   * answered with one CRLF (RFC 5626 section 4.4.1). Throws `FramingError` when the stream is lost.
   */
  push(chunk: Buffer): { messages: Buffer[]; pings: number } {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const messages: Buffer[] = [];
    let pings = 0;
    for (;;) {
      pings += this.#skipPings();
      const length = this.#nextLength();
      if (length === undefined || length > this.#pending.length) return { messages, pings };
      messages.push(this.#pending.subarray(0, length));
      this.#pending = this.#pending.subarray(length);
      this.#lineEnds = 0;
    }
  }

  #skipPings(): number {
    let at = 0;
    while (this.#pending[at] === 13 && this.#pending[at + 1] === 10) at += 2;
    this.#pending = this.#pending.subarray(at);
    this.#lineEnds += at / 2;
    const pings = Math.floor(this.#lineEnds / 2);
    this.#lineEnds %= 2;
    return pings;
  }

  #nextLength(): number | undefined {
    const end = findHeadEnd(this.#pending, 0);
    if (end === undefined) {
      if (this.#pending.length > LIMITS.head) throw new FramingError('headers too large');
      return undefined;
    }
    if (end.head > LIMITS.head) throw new FramingError('headers too large');
    const head = this.#pending.toString('latin1', 0, end.head);
    const match = CONTENT_LENGTH.exec(head);
    if (match?.[1] === undefined) throw new FramingError('no usable Content-Length');
    const length = Number(match[1]);
    if (length > LIMITS.body) throw new FramingError('body too large');
    return end.body + length;
  }
}
