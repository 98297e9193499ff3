import { DTX_BYTES, OPUS_RATE, type PhoneEncoder } from '../codecs/opus.ts';
import { audioLevelByte, levelDbov } from '../mixer/level.ts';
import type { RtpExtension } from '../rtp/packet.ts';
import { seqAdd, seqDiff } from '../rtp/seq16.ts';
import { timestampAdd, timestampDiff } from '../rtp/timestamp32.ts';

/** 20 ms of the phone's clock: what one Opus packet of ours holds, whatever its packet time. */
const FRAME_UNITS = 160;
/** Opus counts 48 kHz (RFC 7587 section 4.1), G.711 and G.722 8 kHz. */
const CLOCK_RATIO = 6;
/** A step of the timestamp by more than 2 s is a new timeline of the caller's, */
const JUMP_UNITS = 16_000;
/** and so is any step back, unless the packet is no more behind than this, which makes it a late one. */
const MAX_LATE_PACKETS = 100;

/**
 * libopus takes any steady sound for background noise after a second, and DTX would cut off a tone
 * or held note; so DTX is for what is quiet as well. Speech on a telephone is at about -26 dBov.
 */
const ALWAYS_SENT_DBOV = -45;

/** What is softer than the noise of an idle line is not even encoded, */
export const SILENT_DBOV = -60;
/** once it has lasted for 300 ms: the ends of words are soft. */
export const SILENT_FRAMES = 15;

/** One Opus packet for the SFU, all but payload type and SSRC. */
export interface UplinkPacket {
  sequenceNumber: number;
  timestamp: number;
  marker: boolean;
  payload: Uint8Array;
  extensions: readonly RtpExtension[];
}

/** A decoded packet of the phone. */
export interface PhonePacket {
  ssrc: number;
  sequenceNumber: number;
  timestamp: number;
  /** As it came. */
  payload: Uint8Array;
  /** 8 or 16 kHz, as the encoder takes it. */
  pcm: Int16Array;
  /** Whether somebody speaks: the V bit. */
  voice: boolean;
}

export type SilentPacket = Pick<PhonePacket, 'ssrc' | 'sequenceNumber' | 'timestamp'>;

/** One phone's stream to the SFU, whether its packets are made here or its own. */
export interface LegUplink {
  readonly stats: { sent: number; bytes: number };
  levelExtensionId: number | undefined;
  /** `now`: milliseconds of a monotonic clock. */
  push(packet: PhonePacket, now: number): void;
  /**
   * A silent packet of 20 ms, where silence has lasted for so long that nothing is sent. False when it is not
   * so, or something is missing before it: then it is to be pushed.
   */
  rest(packet: SilentPacket, now: number): boolean;
  passOver(ssrc: number, sequenceNumber: number): void;
  pause(): void;
  timestampAt(now: number): number | undefined;
  numbersAt(now: number): { sequenceNumber: number; timestamp: number };
  close(): void;
}

export interface OpusUplinkOptions {
  encoder: PhoneEncoder;
  /** Of the PCM; the phone's timestamps count 8 kHz in any case. */
  pcmRate?: 8000 | 16_000;
  firstSequenceNumber: number;
  firstTimestamp: number;
  send: (packet: UplinkPacket) => void;
}

/**
 * Phone to SFU: every packet is encoded on arrival, in whole 20 ms frames. What the network lost
 * stays lost (a gap in our sequence numbers), so that the browser conceals it; what the phone did
 * not send is a step of the timestamp only. The caller's own numbers may start anew at any time:
 * ours go on.
 */
export class OpusUplink implements LegUplink {
  readonly stats = { sent: 0, bytes: 0, lost: 0, late: 0, rebased: 0, paused: 0 };
  /** RFC 8285 id of the level; `undefined` until the SFU is known. */
  levelExtensionId: number | undefined;
  readonly #encoder: PhoneEncoder;
  readonly #send: (packet: UplinkPacket) => void;
  /** PCM samples for each unit of the phone's clock. */
  readonly #perUnit: number;
  readonly #frame: Int16Array;
  /** How much of `#frame` is filled. */
  #filled = 0;
  #silentFrames = 0;
  /** Numbers of the frame that is being filled. */
  #sequenceNumber: number;
  #timestamp: number;
  #marker = true;
  /** Whether the encoder's DTX is on, as it is made. */
  #mayPause = true;
  /** What the phone sends next, if all goes well. */
  #expected: { ssrc: number; sequenceNumber: number; timestamp: number; at: number } | undefined;

  constructor(options: OpusUplinkOptions) {
    this.#encoder = options.encoder;
    this.#perUnit = (options.pcmRate ?? 8000) / 8000;
    this.#frame = new Int16Array(FRAME_UNITS * this.#perUnit);
    this.#sequenceNumber = options.firstSequenceNumber;
    this.#timestamp = options.firstTimestamp;
    this.#send = options.send;
  }

  /** Our RTP timestamp at `now`, for sender reports; `undefined` before the phone was heard. */
  timestampAt(now: number): number | undefined {
    if (!this.#expected) return undefined;
    const elapsed = Math.round(((now - this.#expected.at) * OPUS_RATE) / 1000);
    return timestampAdd(this.#timestamp, elapsed);
  }

  /** What another uplink goes on with that takes this one's place at `now`. */
  numbersAt(now: number): { sequenceNumber: number; timestamp: number } {
    const timestamp = this.timestampAt(now) ?? this.#timestamp;
    return { sequenceNumber: this.#sequenceNumber, timestamp };
  }

  /** `now`: milliseconds of a monotonic clock. */
  push(packet: PhonePacket, now: number): void {
    const expected = this.#expected;
    const ahead = expected ? timestampDiff(packet.timestamp, expected.timestamp) : 0;
    const step = expected ? seqDiff(packet.sequenceNumber, expected.sequenceNumber) : 0;
    const isLate = ahead < 0 && step < 0 && step >= -MAX_LATE_PACKETS;
    const jumps = Math.abs(ahead) > JUMP_UNITS || (ahead < 0 && !isLate);
    if (expected?.ssrc !== packet.ssrc || jumps) {
      this.#rebase(expected && now - expected.at);
    } else if (isLate) {
      this.stats.late += 1;
      return;
    } else if (ahead > 0) {
      this.#skip(ahead, step > 0);
    }
    this.#expected = {
      ssrc: packet.ssrc,
      sequenceNumber: seqAdd(packet.sequenceNumber, 1),
      timestamp: timestampAdd(packet.timestamp, packet.pcm.length / this.#perUnit),
      at: now,
    };
    this.#append(packet.pcm, packet.voice);
  }

  rest({ ssrc, sequenceNumber, timestamp }: SilentPacket, now: number): boolean {
    const expected = this.#expected;
    if (this.#silentFrames <= SILENT_FRAMES || this.#filled > 0) return false;
    if (expected?.ssrc !== ssrc || expected.timestamp !== timestamp) return false;
    expected.sequenceNumber = seqAdd(sequenceNumber, 1);
    expected.timestamp = timestampAdd(timestamp, FRAME_UNITS);
    expected.at = now;
    this.stats.paused += 1;
    this.#timestamp = timestampAdd(this.#timestamp, FRAME_UNITS * CLOCK_RATIO);
    return true;
  }

  /** A packet without audio (a key): its number was used, nothing was lost. */
  passOver(ssrc: number, sequenceNumber: number): void {
    const expected = this.#expected;
    if (expected?.ssrc !== ssrc || seqDiff(sequenceNumber, expected.sequenceNumber) !== 0) return;
    expected.sequenceNumber = seqAdd(sequenceNumber, 1);
  }

  /** Muted, held or in a prompt: what comes after follows on by the clock, as after a pause. */
  pause(): void {
    if (!this.#expected) return;
    this.#filled = 0;
    this.#expected.ssrc = -1;
    this.#marker = true;
  }

  close(): void {
    this.#encoder.free();
  }

  /** A new timeline of the caller's: ours goes on by the wall, in whole frames. */
  #rebase(elapsedMs: number | undefined): void {
    this.#filled = 0;
    this.#marker = true;
    if (elapsedMs === undefined) return;
    this.stats.rebased += 1;
    const frames = Math.max(0, Math.round(elapsedMs / 20) - 1);
    this.#timestamp = timestampAdd(this.#timestamp, frames * FRAME_UNITS * CLOCK_RATIO);
  }

  /** `units` are missing: lost on the way, or not sent at all. */
  #skip(units: number, lost: boolean): void {
    let missing = units;
    if (this.#filled > 0) {
      const room = (this.#frame.length - this.#filled) / this.#perUnit;
      const padding = Math.min(missing, room);
      this.#append(new Int16Array(padding * this.#perUnit), false);
      missing -= padding;
    }
    this.#timestamp = timestampAdd(this.#timestamp, missing * CLOCK_RATIO);
    if (lost) {
      const frames = Math.round(missing / FRAME_UNITS);
      this.#sequenceNumber = seqAdd(this.#sequenceNumber, frames);
      this.stats.lost += frames;
    } else {
      this.#marker = true; // The first after a pause (RFC 3551 section 4.1).
    }
  }

  #append(pcm: Int16Array, voice: boolean): void {
    let taken = 0;
    while (taken < pcm.length) {
      const part = pcm.subarray(taken, taken + this.#frame.length - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled === this.#frame.length) this.#encode(voice);
    }
  }

  #encode(voice: boolean): void {
    const level = levelDbov(this.#frame);
    this.#silentFrames = level < SILENT_DBOV ? this.#silentFrames + 1 : 0;
    const payload = this.#silentFrames > SILENT_FRAMES ? undefined : this.#encodeFrame(level);
    this.#filled = 0;
    if (payload && payload.length > DTX_BYTES) {
      this.#send({
        sequenceNumber: this.#sequenceNumber,
        timestamp: this.#timestamp,
        marker: this.#marker,
        payload,
        extensions: this.#extensions(level, voice),
      });
      this.stats.sent += 1;
      this.stats.bytes += payload.length;
      this.#sequenceNumber = seqAdd(this.#sequenceNumber, 1);
      this.#marker = false;
    } else {
      this.stats.paused += 1; // DTX: time goes on, nothing is sent.
    }
    this.#timestamp = timestampAdd(this.#timestamp, FRAME_UNITS * CLOCK_RATIO);
  }

  #encodeFrame(level: number): Uint8Array {
    const mayPause = level < ALWAYS_SENT_DBOV;
    if (mayPause !== this.#mayPause) {
      this.#mayPause = mayPause;
      this.#encoder.setDtx(mayPause);
    }
    return this.#encoder.encode(this.#frame);
  }

  #extensions(level: number, voice: boolean): RtpExtension[] {
    if (this.levelExtensionId === undefined) return [];
    return [{ id: this.levelExtensionId, data: Uint8Array.of(audioLevelByte(level, voice)) }];
  }
}
