/** Keys as RFC 4733 telephone events: payloads, the packets of one press, and the detector. */

import { timestampDiff } from '../rtp/timestamp32.ts';

/** Index = event code (RFC 4733 section 3.2). */
const KEYS = '0123456789*#ABCD';
/** Level of the tone we send, in -dBm0. */
const VOLUME = 10;
/** The last packet of an event is sent three times (section 2.5.1.4). */
const END_PACKETS = 3;
const RATE = 8000;
const MAX_DURATION = 0xffff;
/**
 * Up to here after its end an event with the same key is still the same press: 30 ms at 8 kHz.
 * Some senders move the timestamp on with every packet; no hand presses twice within 30 ms.
 */
const SAME_PRESS_SLACK = 240;
/** A packet this much older (1 s) is no late one: the sender has started a new timeline. */
const LATE_LIMIT = 8000;
/**
 * A network turns packets around by less than this, ms. What begins an event anew after a longer
 * pause is a recording of a key that is played again, with the numbers it had the first time.
 */
const REPLAY_AFTER_MS = 50;
/** The same while the end of the press before has not come: packets may be lost that long. */
const REPLAY_AFTER_LOSS_MS = 250;

export interface TelephoneEvent {
  /** 0 to 15 are keys. */
  event: number;
  end: boolean;
  /** -dBm0, 0 to 63. */
  volume: number;
  /** Timestamp units since the event began. */
  duration: number;
}

/** Reads an RTP payload; `undefined` when it is no telephone event. */
export function parseTelephoneEvent(payload: Uint8Array): TelephoneEvent | undefined {
  if (payload.length < 4) return undefined;
  return {
    event: payload[0]!,
    end: (payload[1]! & 0x80) !== 0,
    volume: payload[1]! & 0x3f,
    duration: (payload[2]! << 8) | payload[3]!,
  };
}

export function writeTelephoneEvent({ event, end, volume, duration }: TelephoneEvent): Uint8Array {
  return Uint8Array.of(event, (end ? 0x80 : 0) | (volume & 0x3f), duration >> 8, duration & 0xff);
}

/**
 * The payloads of one press, to be sent one every `ptimeMs`, all with the RTP timestamp of the
 * press, the marker on the first; then three end packets, at once or at the same pace.
 * Throws `RangeError` when `key` is none of `0`-`9`, `*`, `#`, `A`-`D`.
 */
export function pressPayloads(key: string, durationMs = 160, ptimeMs = 20): Uint8Array[] {
  const event = key.length === 1 ? KEYS.indexOf(key) : -1;
  if (event < 0) throw new RangeError('Not a key of a phone.');
  const step = (ptimeMs * RATE) / 1000;
  const total = Math.min((durationMs * RATE) / 1000, MAX_DURATION);
  const payloads: Uint8Array[] = [];
  for (let duration = step; duration < total; duration += step) {
    payloads.push(writeTelephoneEvent({ event, end: false, volume: VOLUME, duration }));
  }
  const end = writeTelephoneEvent({ event, end: true, volume: VOLUME, duration: total });
  for (let i = 0; i < END_PACKETS; i++) payloads.push(end);
  return payloads;
}

interface Press {
  ssrc: number;
  event: number;
  timestamp: number;
  duration: number;
  /** Whether its end has come. */
  ended: boolean;
  /** When its last packet came, ms. */
  heardAt: number;
}

/** A packet of a telephone event; what it says of its stream counts, not what it carries. */
export interface EventPacket {
  ssrc: number;
  timestamp: number;
  payload: Uint8Array;
}

/**
 * Tells each press once, at its first packet that arrives: so it is no matter whether the start,
 * the end or all but one of its packets are lost. Keeps the last press only, to tell repeats. Audio
 * may have another SSRC than the events that come among it.
 */
export class KeyDetector {
  #last: Press | undefined;
  /** Timestamp units of the stream for each of 8 kHz. */
  readonly #scale: number;

  /** `clockRate`: of the stream that the events come in. */
  constructor(clockRate = RATE) {
    this.#scale = clockRate / RATE;
  }

  /** The key when a new press begins with this packet, else `undefined`. `now`: monotonic ms. */
  push({ ssrc, timestamp, payload }: EventPacket, now: number): string | undefined {
    const news = parseTelephoneEvent(payload);
    if (!news || news.event >= KEYS.length) return undefined;

    const last = this.#last;
    if (last?.ssrc === ssrc && !isReplay(news, last, timestamp, now)) {
      const since = timestampDiff(timestamp, last.timestamp);
      if (since < 0 && since > -LATE_LIMIT * this.#scale) return undefined;
      if (since === 0 && news.event !== last.event) return undefined; // Contradicts itself.
      // Repeats, and the segments of a long press (section 2.5.1.3), follow on without a gap; what
      // begins after an end is the next press, however soon.
      const begins = since > 0 && last.ended && !news.end;
      const follows = since >= 0 && since <= last.duration + SAME_PRESS_SLACK * this.#scale;
      if (news.event === last.event && follows && !begins) {
        last.timestamp = timestamp;
        last.duration = since === 0 ? Math.max(last.duration, news.duration) : news.duration;
        last.ended ||= news.end;
        last.heardAt = now;
        return undefined;
      }
    }
    const { event, duration, end: ended } = news;
    this.#last = { ssrc, event, timestamp, duration, ended, heardAt: now };
    return KEYS[event];
  }
}

/** Whether the far end plays a recorded key at a timestamp that it has used before, or passed. */
function isReplay(news: TelephoneEvent, last: Press, timestamp: number, now: number): boolean {
  const since = timestampDiff(timestamp, last.timestamp);
  if (since > 0 || news.end) return false;
  // The same event, still growing: one long press, over a gap in the network.
  if (since === 0 && news.event === last.event && news.duration >= last.duration) return false;
  return now - last.heardAt > (last.ended ? REPLAY_AFTER_MS : REPLAY_AFTER_LOSS_MS);
}
