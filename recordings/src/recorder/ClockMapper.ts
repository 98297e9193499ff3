import { CLOCK_RATE, opusSamples, SAMPLES_PER_MS, SHORTEST_FRAME } from '../format/opus.ts';
import type { PlacedPacket } from '../format/packets.ts';
import type { ArrivedPacket } from './ReorderWindow.ts';
import { timestampDiff } from './seq16.ts';

/** A pause or a jump of more than this ties the stream to the clock anew. */
const RETIE_SAMPLES = 200 * SAMPLES_PER_MS;
/**
 * To tie, packets of this long are collected and the one that was least delayed decides: the first may
 * have waited in a queue, and after a stall of the network all come at once.
 */
const TIE_WINDOW_MS = 100;

/** Where RTP timestamp 0 (unwrapped) of a stream lies on the recording's clock, and its last packet. */
interface Tie {
  timestamp: number;
  position: number;
}

const NONE: readonly PlacedPacket[] = [];

/**
 * Gives the packets of one SSRC, in order, their place on the recording's clock. Within a stretch the RTP
 * timestamp decides (it does not jitter); at its start, arrival does. Places never overlap or go back.
 */
export class ClockMapper {
  readonly stats = { ties: 0, notOpus: 0 };
  readonly #startedAt: number;
  #tie: Tie | null = null;
  /** Timestamp after the last packet. */
  #nextTimestamp = 0;
  #held: ArrivedPacket[] = [];
  #end: number;

  /** `startedAt`: the recording's start (ms, monotonic); `end`: nothing is placed before it (samples). */
  constructor(startedAt: number, end: number) {
    this.#startedAt = startedAt;
    this.#end = end;
  }

  /** End of the last packet, in samples. */
  get end(): number {
    return this.#end;
  }

  push(packet: ArrivedPacket): PlacedPacket[] {
    const samples = opusSamples(packet.payload);
    if (samples === 0) {
      this.stats.notOpus++;
      return [];
    }
    const placed: PlacedPacket[] = [];
    if (this.#held.length > 0 && isJump(packet.timestamp, this.#nextTimestamp)) {
      placed.push(...this.#settle());
    }
    if (this.#held.length === 0 && this.#needsTie(packet, samples)) this.#tie = null;
    this.#nextTimestamp = (packet.timestamp + samples) >>> 0;
    if (this.#tie !== null) {
      placed.push(this.#place(packet, samples, this.#tie));
      return placed;
    }
    this.#held.push(packet);
    if (packet.arrivedAt - this.#held[0]!.arrivedAt >= TIE_WINDOW_MS)
      placed.push(...this.#settle());
    return placed;
  }

  /** Those that were held to tie the stream, once that is done at `now`. */
  due(now: number): readonly PlacedPacket[] {
    const first = this.#held[0];
    if (first === undefined || now - first.arrivedAt < TIE_WINDOW_MS) return NONE;
    return this.#settle();
  }

  /** All that is held. */
  flush(): PlacedPacket[] {
    return this.#held.length === 0 ? [] : this.#settle();
  }

  #needsTie(packet: ArrivedPacket, samples: number): boolean {
    if (this.#tie === null) return true;
    if (isJump(packet.timestamp, this.#nextTimestamp)) return true;
    const expected = this.#tie.position + timestampDiff(packet.timestamp, this.#tie.timestamp);
    return Math.abs(this.#arrival(packet, samples) - expected) > RETIE_SAMPLES;
  }

  /** Ties the stream by the held packet that was delayed least, and places all of them. */
  #settle(): PlacedPacket[] {
    const packets = this.#held;
    this.#held = [];
    const first = packets[0]!;
    let position = Infinity;
    for (const packet of packets) {
      const since = timestampDiff(packet.timestamp, first.timestamp);
      position = Math.min(position, this.#arrival(packet, opusSamples(packet.payload)) - since);
    }
    // Opus can fill gaps of whole shortest frames only.
    position = Math.max(this.#end, Math.round(position / SHORTEST_FRAME) * SHORTEST_FRAME);
    this.#tie = { timestamp: first.timestamp, position };
    this.stats.ties++;
    const { timestamp } = this.#tie;
    return packets.map((packet) =>
      this.#place(packet, opusSamples(packet.payload), { timestamp, position }),
    );
  }

  #place(packet: ArrivedPacket, samples: number, tie: Tie): PlacedPacket {
    const position = Math.max(
      this.#end,
      tie.position + timestampDiff(packet.timestamp, tie.timestamp),
    );
    this.#end = position + samples;
    // The tie moves along, so that a timestamp never gets 2^31 away from it.
    this.#tie = { timestamp: packet.timestamp, position };
    return { position, payload: packet.payload, audioLevel: packet.audioLevel };
  }

  /** Where the packet would begin if it had come without any delay, in samples. */
  #arrival(packet: ArrivedPacket, samples: number): number {
    return ((packet.arrivedAt - this.#startedAt) * CLOCK_RATE) / 1000 - samples;
  }
}

/** Whether a timestamp is behind, or further ahead than a few lost packets, of the one expected. */
function isJump(timestamp: number, expected: number): boolean {
  const ahead = timestampDiff(timestamp, expected);
  return ahead < 0 || ahead > RETIE_SAMPLES;
}
