import { decodeAlaw, decodeMulaw } from '../audio/g711.ts';
import type { Sound } from '../audio/Sound.ts';

/** RFC 3551 section 6. */
export const PCMU = 0;
export const PCMA = 8;
const G711_RATE = 8000;

export interface RtpPacket {
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  payload: Buffer;
}

/** RFC 3550 section 5.1; undefined for what is no RTP (RTCP on the same port included). */
export function parseRtp(packet: Buffer): RtpPacket | undefined {
  if (packet.length < 12 || packet[0]! >> 6 !== 2) return undefined;
  const second = packet[1]!;
  if (second >= 192 && second <= 223) return undefined; // RTCP, RFC 5761 section 4.
  let start = 12 + 4 * (packet[0]! & 0x0f);
  if ((packet[0]! & 0x10) !== 0) {
    if (packet.length < start + 4) return undefined;
    start += 4 + 4 * packet.readUInt16BE(start + 2);
  }
  const padding = (packet[0]! & 0x20) !== 0 ? packet[packet.length - 1]! : 0;
  if (packet.length < start + padding) return undefined;
  return {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    payload: packet.subarray(start, packet.length - padding),
  };
}

export function buildRtp(packet: RtpPacket): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = (packet.marker ? 0x80 : 0) | packet.payloadType;
  header.writeUInt16BE(packet.sequence & 0xffff, 2);
  header.writeUInt32BE(packet.timestamp >>> 0, 4);
  header.writeUInt32BE(packet.ssrc >>> 0, 8);
  return Buffer.concat([header, packet.payload]);
}

/** 2^32, where RTP timestamps wrap. */
const WRAP = 2 ** 32;
/** More silence than this at one place is not filled but cut, s. */
const LONGEST_GAP = 10;

/**
 * The sound of one RTP stream of G.711: packets at the place their timestamps give them, silence where
 * there are none. Other payload types (telephone-event) are passed over; of several SSRCs the first counts.
 */
export function soundOf(packets: readonly RtpPacket[]): Sound {
  const speech = packets.filter(({ payloadType }) => payloadType === PCMU || payloadType === PCMA);
  const first = speech[0];
  if (first === undefined) return { sampleRate: G711_RATE, samples: new Int16Array(0) };
  const stream = speech
    .filter(({ ssrc }) => ssrc === first.ssrc)
    .map(({ payloadType, payload, timestamp }) => ({
      // As a signed difference, since a packet may be older than the first that came.
      at: ((timestamp - first.timestamp + WRAP * 1.5) % WRAP) - WRAP / 2,
      samples: payloadType === PCMU ? decodeMulaw(payload) : decodeAlaw(payload),
    }))
    .sort((a, b) => a.at - b.at);
  const parts: Int16Array[] = [];
  let end = stream[0]!.at;
  for (const { at, samples } of stream) {
    const gap = at - end;
    if (gap < 0) continue; // A duplicate.
    if (gap > 0 && gap <= LONGEST_GAP * G711_RATE) parts.push(new Int16Array(gap));
    parts.push(samples);
    end = at + samples.length;
  }
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { sampleRate: G711_RATE, samples };
}
