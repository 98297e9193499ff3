import type { RtpPacket } from './rtp.ts';
import { seqDiff, seqNext } from './seq16.ts';

/** A packet and when it came, in ms of a monotonic clock. */
export interface ArrivedPacket extends RtpPacket {
  arrivedAt: number;
}

/** How long a missing packet is waited for. On a path within a machine or a LAN it is longer lost. */
const WAIT_MS = 60;
/** A jump beyond this is a stream that began anew (RFC 3550 appendix A.1, MAX_DROPOUT is 3000). */
const MAX_JUMP = 1000;

const NONE: readonly ArrivedPacket[] = [];

/** Brings the packets of one SSRC into order, drops doubles, and gives up on lost ones after a while. */
export class ReorderWindow {
  readonly stats = { duplicates: 0, late: 0, lost: 0, restarts: 0 };
  #next: number | null = null;
  /** In order of sequence; never contains `#next`. */
  #held: ArrivedPacket[] = [];

  /** Takes a packet; gives those that are in order now. */
  push(packet: ArrivedPacket): ArrivedPacket[] {
    this.#next ??= packet.seq;
    const ahead = seqDiff(packet.seq, this.#next);
    if (ahead === 0 && this.#held.length === 0) {
      this.#next = seqNext(packet.seq);
      return [packet];
    }
    if (Math.abs(ahead) > MAX_JUMP) return this.#restart(packet);
    if (ahead < 0) {
      this.stats.late++;
      return [];
    }
    const at = this.#held.findIndex((held) => seqDiff(held.seq, packet.seq) >= 0);
    if (at >= 0 && this.#held[at]!.seq === packet.seq) {
      this.stats.duplicates++;
      return [];
    }
    this.#held.splice(at < 0 ? this.#held.length : at, 0, packet);
    return this.#run();
  }

  /** Those whose wait for a missing packet is over at `now`. */
  due(now: number): readonly ArrivedPacket[] {
    const first = this.#held[0];
    if (first === undefined) return NONE;
    // The one held longest decides, it need not be the first.
    const oldest = this.#held.reduce((min, held) => Math.min(min, held.arrivedAt), now);
    if (now - oldest < WAIT_MS) return [];
    this.stats.lost += seqDiff(first.seq, this.#next!);
    this.#next = first.seq;
    return this.#run();
  }

  /** All that is held, in order. */
  flush(): ArrivedPacket[] {
    const rest = this.#held;
    this.#held = [];
    if (rest.length > 0) this.#next = seqNext(rest.at(-1)!.seq);
    return rest;
  }

  #run(): ArrivedPacket[] {
    let count = 0;
    while (this.#held[count]?.seq === this.#next) {
      this.#next = seqNext(this.#next);
      count++;
    }
    return this.#held.splice(0, count);
  }

  #restart(packet: ArrivedPacket): ArrivedPacket[] {
    this.stats.restarts++;
    const rest = this.flush();
    this.#next = seqNext(packet.seq);
    return [...rest, packet];
  }
}
