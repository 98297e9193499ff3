import { findHeadEnd, LIMITS } from './parseMessage.ts';

const CONTENT_LENGTH = /^(?:content-length|l)[ \t]*:[ \t]*(?:\r?\n[ \t]+)?(\d{1,9})[ \t]*\r?$/im;

/** Bytes in which the end of the headers is looked for: those that the answer needs may come last. */
const PATIENCE = 2 * LIMITS.head;

/** Why a stream cannot be cut into messages any more and must be closed. */
export interface Broken {
  why: string;
  /** What there is of the head of a message that is too large, so that it can be answered. */
  oversized?: Buffer;
}

export interface Framed {
  messages: Buffer[];
  /** Double CRLFs between messages, each of which is to be answered with one CRLF (RFC 5626 section 4.4.1). */
  pings: number;
  broken?: Broken;
}

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

  /** Adds what was read. After `broken` it must not be called again. */
  push(chunk: Buffer): Framed {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const messages: Buffer[] = [];
    let pings = 0;
    for (;;) {
      pings += this.#skipPings();
      const next = this.#nextLength();
      if (typeof next === 'object') return { messages, pings, broken: next };
      if (next === undefined || next > this.#pending.length) return { messages, pings };
      messages.push(this.#pending.subarray(0, next));
      this.#pending = this.#pending.subarray(next);
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

  #nextLength(): number | Broken | undefined {
    const end = findHeadEnd(this.#pending, 0);
    const isOversized =
      end === undefined ? this.#pending.length > PATIENCE : end.head > LIMITS.head;
    if (isOversized) {
      return { why: 'headers too large', oversized: this.#pending.subarray(0, end?.body) };
    }
    if (end === undefined) return undefined;
    const head = this.#pending.toString('latin1', 0, end.head);
    const match = CONTENT_LENGTH.exec(head);
    if (match?.[1] === undefined) return { why: 'no usable Content-Length' };
    const length = Number(match[1]);
    if (length > LIMITS.body) {
      return { why: 'body too large', oversized: this.#pending.subarray(0, end.body) };
    }
    return end.body + length;
  }
}
