import { opusSamples, SAMPLES_PER_MS } from '../format/opus.ts';
import type { PlacedPacket } from '../format/packets.ts';
import type { AudioLog } from './AudioLog.ts';
import { ClockMapper } from './ClockMapper.ts';
import { ReorderWindow } from './ReorderWindow.ts';
import type { RtpPacket } from './rtp.ts';

/** A record is sealed at the latest so long after its first packet came: what a crash may cost. */
const BATCH_MS = 500;
/** A record stays well below what a reader takes (format/record.ts). */
const BATCH_BYTES = 256 * 1024;

interface Stream {
  ssrc: number;
  reorder: ReorderWindow;
  mapper: ClockMapper;
}

export interface TrackWriterOptions {
  log: AudioLog;
  /** The recording's start: ms, monotonic. */
  startedAt: number;
  /** Where the track begins on the recording's clock, in samples. */
  startPosition: number;
  /** Told of every packet that was placed, in order: the mixer. */
  onPacket?: (packet: PlacedPacket, samples: number) => void;
  /** Told of each place without packets between two of them, and at the end; samples. */
  onSilence?: (from: number, to: number) => void;
}

/**
 * Writes one participant's Opus as it came. A participant may change the stream (a producer is replaced,
 * a sender starts anew): the track goes on, on the same clock.
 */
export class TrackWriter {
  /** What came, and what of it has its place. */
  readonly stats = { received: 0, packets: 0, bytes: 0 };
  readonly #log: AudioLog;
  readonly #startedAt: number;
  readonly #onPacket: TrackWriterOptions['onPacket'];
  readonly #onSilence: TrackWriterOptions['onSilence'];
  #stream: Stream | null = null;
  #end: number;
  #batch: PlacedPacket[] = [];
  #batchBytes = 0;
  #batchSince = 0;

  constructor(options: TrackWriterOptions) {
    this.#log = options.log;
    this.#startedAt = options.startedAt;
    this.#end = options.startPosition;
    this.#onPacket = options.onPacket;
    this.#onSilence = options.onSilence;
  }

  /** End of the last packet on the recording's clock, in samples. */
  get end(): number {
    return this.#end;
  }

  /** Takes an RTP packet that came at `now` (ms, monotonic), and keeps its payload until it is written. */
  push(packet: RtpPacket, now: number): void {
    this.stats.received++;
    const stream = this.#streamOf(packet.ssrc, now);
    const arrived = { ...packet, arrivedAt: now };
    for (const next of stream.reorder.push(arrived)) this.#write(stream.mapper.push(next), now);
  }

  /** Writes what is due at `now`. */
  tick(now: number): void {
    if (this.#stream !== null) {
      const { reorder, mapper } = this.#stream;
      for (const packet of reorder.due(now)) this.#write(mapper.push(packet), now);
      this.#write(mapper.due(now), now);
    }
    if (this.#batch.length > 0 && now - this.#batchSince >= BATCH_MS) this.#seal();
  }

  /** Writes all that is held. */
  flush(now: number): void {
    if (this.#stream !== null) {
      const { reorder, mapper } = this.#stream;
      for (const packet of reorder.flush()) this.#write(mapper.push(packet), now);
      this.#write(mapper.flush(), now);
    }
    this.#seal();
  }

  /** Writes all that is held, and begins anew with whatever comes next, nowhere before `position` (samples). */
  cut(now: number, position = 0): void {
    this.flush(now);
    this.#stream = null;
    this.#advance(position);
  }

  /** Writes all that is held: the last of the track, which ends at `position` or after its last packet. */
  finish(now: number, position: number): void {
    this.flush(now);
    this.#advance(position);
  }

  #advance(position: number): void {
    if (position <= this.#end) return;
    this.#onSilence?.(this.#end, position);
    this.#end = position;
  }

  #streamOf(ssrc: number, now: number): Stream {
    if (this.#stream?.ssrc === ssrc) return this.#stream;
    if (this.#stream !== null) this.flush(now);
    const mapper = new ClockMapper(this.#startedAt, this.#end);
    this.#stream = { ssrc, reorder: new ReorderWindow(), mapper };
    return this.#stream;
  }

  #write(packets: readonly PlacedPacket[], now: number): void {
    for (const packet of packets) {
      const samples = opusSamples(packet.payload);
      if (this.#batch.length === 0) this.#batchSince = now;
      this.#batch.push(packet);
      this.#batchBytes += packet.payload.length;
      this.#advance(packet.position);
      this.#end = packet.position + samples;
      this.stats.packets++;
      this.stats.bytes += packet.payload.length;
      this.#onPacket?.(packet, samples);
      if (this.#batchBytes >= BATCH_BYTES) this.#seal();
    }
    if (this.#batch.length > 0 && now - this.#batchSince >= BATCH_MS) this.#seal();
  }

  #seal(): void {
    if (this.#batch.length === 0) return;
    this.#log.append(this.#batch, this.#end);
    this.#batch = [];
    this.#batchBytes = 0;
  }
}

/** The recording's clock at a monotonic time, in whole ms' samples. */
export function positionAt(startedAt: number, now: number): number {
  return Math.max(0, Math.floor(now - startedAt)) * SAMPLES_PER_MS;
}
