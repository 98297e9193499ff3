/** One look at what becomes of a participant's sound, in packets since each stream began. */
export interface StreamLook {
  participantId: string;
  producerId: string;
  muted: boolean;
  /** What came in from the participant, and what is missing of it by its numbers. */
  produced: number;
  upstreamLost: number;
  /** Null when nothing forwards it to the recorder. */
  consumerId: string | null;
  sent: number;
  /** As the recorder says: of this stream, and of the track. Null when it has none. */
  arrived: { received: number; lost: number } | null;
  track: { received: number; written: number; synced: number } | null;
}

export type StreamFault =
  'no-consumer' | 'not-sent' | 'not-received' | 'no-track' | 'lost' | 'not-written' | 'not-synced';

/** What can be seen in two windows between looks; a slow disk is given one more. */
const LOOKS = 3;
const LOOKS_OF_DISK = 5;
/** Somebody who sends less in that time is silent, by DTX or by a bad line. */
const SENDS_PACKETS = 10;
/** Between SFU and recorder nothing should be lost; this much is no hiccup. */
const LOST_PACKETS = 15;
const LOST_SHARE = 0.05;

/**
 * Compares what came in from one participant with what the recorder has of it. Only looks at the same streams
 * are compared, so whoever was just unmuted, moved or replaced is not judged for two windows.
 */
export class StreamWatch {
  #looks: StreamLook[] = [];

  /** Undefined while it cannot be told yet; null when all is well. */
  look(now: StreamLook): StreamFault | null | undefined {
    const last = this.#looks.at(-1);
    if (last && !isSame(last, now)) this.#looks = [];
    this.#looks = [...this.#looks, now].slice(-LOOKS_OF_DISK);
    if (now.muted) return null;
    if (this.#looks.length < LOOKS) return undefined;
    return this.#judge(now);
  }

  #judge(now: StreamLook): StreamFault | null {
    const [before, middle] = this.#looks.slice(-LOOKS) as [StreamLook, StreamLook];
    if (now.produced - before.produced < SENDS_PACKETS) return null;
    if (now.consumerId === null) return 'no-consumer';
    if (now.sent === before.sent) return 'not-sent';
    // What was sent in the first window had all of the second to arrive.
    const wasSent = middle.sent > before.sent;
    if (wasSent && (now.arrived?.received ?? 0) === (before.arrived?.received ?? 0)) {
      return 'not-received';
    }
    if (now.track === null || before.track === null) return now.track === null ? 'no-track' : null;
    if (isLossy(before, now)) return 'lost';
    const came = (middle.track?.received ?? 0) > before.track.received;
    if (came && now.track.written === before.track.written) return 'not-written';
    return this.#judgeDisk(now);
  }

  #judgeDisk(now: StreamLook): StreamFault | null {
    const first = this.#looks.length < LOOKS_OF_DISK ? undefined : this.#looks[0]?.track;
    if (!first || !now.track) return null;
    const wrote = (this.#looks[2]?.track?.written ?? 0) > first.written;
    return wrote && now.track.synced === first.synced ? 'not-synced' : null;
  }
}

function isSame(a: StreamLook, b: StreamLook): boolean {
  return a.producerId === b.producerId && a.consumerId === b.consumerId && a.muted === b.muted;
}

function isLossy(before: StreamLook, now: StreamLook): boolean {
  if (!before.arrived || !now.arrived) return false;
  const upstream = Math.max(0, now.upstreamLost - before.upstreamLost);
  const lost = now.arrived.lost - before.arrived.lost - upstream;
  const expected = now.arrived.received - before.arrived.received + lost;
  return lost > Math.max(LOST_PACKETS, LOST_SHARE * expected);
}
