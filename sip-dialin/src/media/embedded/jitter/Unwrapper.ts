import { extendSeq } from '../rtp/seq16.ts';
import { timestampDiff } from '../rtp/timestamp32.ts';

/** A number this far back is no straggler but a sender that counts anew (RFC 3550 appendix A.1). */
const MAX_MISORDER = 100;

/** Where a packet lies in its stream: its number and its timestamp, both unwrapped. */
export interface Place {
  seq: number;
  at: number;
}

/** Unwraps the numbers of one stream by the latest packet that arrived. */
export class Unwrapper {
  #newest: (Place & { timestamp: number }) | undefined;

  /** `undefined` when it fits no way to what came before: the sender has restarted. */
  push(seq16: number, timestamp: number): Place | undefined {
    const newest = this.#newest;
    const seq = newest ? extendSeq(newest.seq, seq16) : seq16;
    const at = newest ? newest.at + timestampDiff(timestamp, newest.timestamp) : timestamp;
    if (!newest || seq > newest.seq) {
      this.#newest = { seq, at, timestamp };
    } else if (seq < newest.seq && (at > newest.at || seq < newest.seq - MAX_MISORDER)) {
      return undefined; // Numbers that go back while time goes on, or that go back far.
    }
    return { seq, at };
  }

  /** `undefined` before the first packet. */
  extend(seq16: number): number | undefined {
    return this.#newest && extendSeq(this.#newest.seq, seq16);
  }
}
