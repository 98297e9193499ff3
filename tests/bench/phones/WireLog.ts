import { decodeMulaw } from '../../support/audio/g711.ts';
import { parseRtp, PCMU } from '../../support/net/rtp.ts';

/** Of a note in the log of `wirephones.c`. */
const NOTE_BYTES = 24;
const NS_PER_MS = 1e6;

/** A packet of sound on the wire. Times are ms since an instant that the whole log shares. */
export interface WirePacket {
  /** Sent: just before it was handed to the kernel. Received: when the kernel had it. */
  at: number;
  /** How late the phone itself was, ms: in sending it, or in reading it after the kernel had it. */
  late: number;
  timestamp: number;
  ssrc: number;
  samples: Int16Array;
}

/** From when on and until when a thread did not run that was due. */
export interface Stall {
  from: number;
  until: number;
}

/** What one phone sent and was sent. */
export interface WireSide {
  sent: WirePacket[];
  received: WirePacket[];
}

/** What `wirephones.c` wrote down. */
export class WireLog {
  readonly sides = new Map<number, WireSide>();
  /** A core did not even run what has real-time priority: the machine itself stood still. */
  readonly machineStalls: Stall[] = [];
  /** A thread of ordinary priority had to wait: others had the machine. */
  readonly neighbourStalls: Stall[] = [];

  constructor(data: Buffer) {
    let origin: bigint | undefined;
    for (let offset = 0; offset + NOTE_BYTES <= data.length;) {
      const [kind, phone] = [String.fromCharCode(data[offset]!), data[offset + 1]!];
      const size = data.readUInt16LE(offset + 2);
      origin ??= data.readBigInt64LE(offset + 8);
      const [at, due] = [8, 16].map(
        (field) => Number(data.readBigInt64LE(offset + field) - origin!) / NS_PER_MS,
      ) as [number, number];
      const packet = data.subarray(offset + NOTE_BYTES, offset + NOTE_BYTES + size);
      this.#take(kind, phone, at, due, packet);
      offset += NOTE_BYTES + size;
    }
  }

  /** Of a phone that was never noted: nothing. */
  side(phone: number): WireSide {
    return this.sides.get(phone) ?? { sent: [], received: [] };
  }

  #take(kind: string, phone: number, at: number, due: number, data: Buffer): void {
    if (kind === 'l') this.machineStalls.push({ from: due, until: at });
    if (kind === 'o') this.neighbourStalls.push({ from: due, until: at });
    if (kind !== 's' && kind !== 'r') return;
    const packet = parseRtp(data);
    if (packet?.payloadType !== PCMU) return;
    const side = this.sides.get(phone) ?? { sent: [], received: [] };
    this.sides.set(phone, side);
    const { timestamp, ssrc } = packet;
    const samples = decodeMulaw(packet.payload);
    const late = kind === 's' ? at - due : due - at;
    side[kind === 's' ? 'sent' : 'received'].push({ at, late, timestamp, ssrc, samples });
  }
}

/** The longest of some stalls, ms. */
export function longestStall(stalls: readonly Stall[]): number {
  return stalls.reduce((longest, { from, until }) => Math.max(longest, until - from), 0);
}

/** Of stalls longer than `longerThan` ms: whether one touches the time between. */
export function stoodStill(
  stalls: readonly Stall[],
  { from, until, longerThan }: Stall & { longerThan: number },
): boolean {
  return stalls.some(
    (stall) => stall.until - stall.from > longerThan && stall.from < until && stall.until > from,
  );
}
