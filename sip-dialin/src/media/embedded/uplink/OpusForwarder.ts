import { OPUS_RATE } from '../codecs/opus.ts';
import { audioLevelByte, levelDbov } from '../mixer/level.ts';
import { seqAdd, seqDiff } from '../rtp/seq16.ts';
import { timestampAdd, timestampDiff } from '../rtp/timestamp32.ts';
import {
  SILENT_DBOV,
  SILENT_FRAMES,
  type LegUplink,
  type PhonePacket,
  type UplinkPacket,
} from './OpusUplink.ts';

/** A step of the timestamp by more than 2 s, or of the numbers by more, is a new timeline, as is any that goes back. */
const JUMP_UNITS = 2 * OPUS_RATE;
const JUMP_PACKETS = 100;

/** Where the caller's numbers lie in ours. */
interface Timeline {
  ssrc: number;
  sequenceOffset: number;
  timestampOffset: number;
  newest: number;
  timestamp: number;
}

/**
 * A phone that speaks Opus itself: its packets go to the SFU as they are, under a header of ours
 * with the level. Loss stays a gap in the numbers, from which browsers conceal or use FEC; keys,
 * silence and new timelines of the caller's leave none.
 */
export class OpusForwarder implements LegUplink {
  readonly stats = { sent: 0, bytes: 0, late: 0, rebased: 0, paused: 0 };
  levelExtensionId: number | undefined;
  readonly #send: (packet: UplinkPacket) => void;
  #timeline: Timeline | undefined;
  /** What comes next of ours, if all goes well, and when the last packet came. */
  #next: { sequenceNumber: number; timestamp: number };
  #at: number | undefined;
  #silentPackets = 0;
  #marker = true;

  constructor(options: {
    firstSequenceNumber: number;
    firstTimestamp: number;
    send: (packet: UplinkPacket) => void;
  }) {
    this.#next = { sequenceNumber: options.firstSequenceNumber, timestamp: options.firstTimestamp };
    this.#send = options.send;
  }

  timestampAt(now: number): number | undefined {
    if (this.#at === undefined) return undefined;
    return timestampAdd(this.#next.timestamp, Math.round(((now - this.#at) * OPUS_RATE) / 1000));
  }

  numbersAt(now: number): { sequenceNumber: number; timestamp: number } {
    return { ...this.#next, timestamp: this.timestampAt(now) ?? this.#next.timestamp };
  }

  push(packet: PhonePacket, now: number): void {
    const timeline = this.#follow(packet, now);
    if (!timeline) {
      this.stats.late += 1;
      return;
    }
    timeline.newest = packet.sequenceNumber;
    timeline.timestamp = packet.timestamp;
    this.#at = now;
    const level = levelDbov(packet.pcm);
    this.#silentPackets = level < SILENT_DBOV ? this.#silentPackets + 1 : 0;
    const timestamp = timestampAdd(packet.timestamp, timeline.timestampOffset);
    const units = (packet.pcm.length * OPUS_RATE) / 16_000;
    if (this.#silentPackets > SILENT_FRAMES) {
      this.stats.paused += 1;
      this.#leaveOut(timeline);
    } else {
      const sequenceNumber = seqAdd(packet.sequenceNumber, timeline.sequenceOffset);
      this.#emit(packet, sequenceNumber, timestamp, level);
    }
    this.#next.timestamp = timestampAdd(timestamp, units);
  }

  /** What a phone sends as Opus is never known to be silent before it is decoded. */
  rest(): boolean {
    return false;
  }

  /** A packet without audio (a key, DTX): its number was used, nothing was lost. */
  passOver(ssrc: number, sequenceNumber: number): void {
    const timeline = this.#timeline;
    if (timeline?.ssrc !== ssrc || seqDiff(sequenceNumber, timeline.newest) <= 0) return;
    timeline.newest = sequenceNumber;
    this.#leaveOut(timeline);
  }

  /** Muted, held or in a prompt: what comes after follows on by the clock. */
  pause(): void {
    this.#timeline = undefined;
    this.#marker = true;
  }

  close(): void {
    this.#timeline = undefined;
  }

  /** The timeline of this packet, a new one where it needs one; `undefined` when it comes late. */
  #follow({ ssrc, sequenceNumber, timestamp }: PhonePacket, now: number): Timeline | undefined {
    const known = this.#timeline;
    if (known?.ssrc === ssrc) {
      const step = seqDiff(sequenceNumber, known.newest);
      const ahead = timestampDiff(timestamp, known.timestamp);
      if (Math.abs(step) < JUMP_PACKETS && Math.abs(ahead) < JUMP_UNITS) {
        if (step <= 0) return undefined;
        if (ahead >= 0) return known;
      }
    }
    if (known) this.stats.rebased += 1;
    this.#marker = true;
    const start = this.numbersAt(now);
    // What comes on time follows on without a gap; after a pause by the clock.
    const late = timestampDiff(start.timestamp, this.#next.timestamp) < OPUS_RATE / 10;
    const from = late ? this.#next.timestamp : start.timestamp;
    this.#timeline = {
      ssrc,
      sequenceOffset: seqDiff(start.sequenceNumber, sequenceNumber),
      timestampOffset: timestampDiff(from, timestamp),
      newest: seqAdd(sequenceNumber, -1),
      timestamp,
    };
    return this.#timeline;
  }

  #leaveOut(timeline: Timeline): void {
    timeline.sequenceOffset -= 1;
    this.#marker = true; // The first after a pause (RFC 3551 section 4.1).
  }

  #emit(packet: PhonePacket, sequenceNumber: number, timestamp: number, level: number): void {
    const id = this.levelExtensionId;
    const extensions =
      id === undefined ? [] : [{ id, data: Uint8Array.of(audioLevelByte(level, packet.voice)) }];
    const { payload } = packet;
    this.#send({ sequenceNumber, timestamp, marker: this.#marker, payload, extensions });
    this.#next.sequenceNumber = seqAdd(sequenceNumber, 1);
    this.#marker = false;
    this.stats.sent += 1;
    this.stats.bytes += payload.length;
  }
}
