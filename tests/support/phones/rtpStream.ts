import { encodeMulaw } from '../audio/g711.ts';
import type { Sound } from '../audio/Sound.ts';
import { writePcap } from '../net/pcap.ts';
import { buildRtp, PCMU, type RtpPacket } from '../net/rtp.ts';

/** A packet and when it is sent, ms after the first. Tests move, drop, double and renumber them. */
export interface TimedPacket extends RtpPacket {
  at: number;
}

export interface StreamOptions {
  /** 20 if not given. */
  packetMs?: number;
  ssrc?: number;
  /** Of the first packet. */
  sequence?: number;
  timestamp?: number;
  at?: number;
}

/** A sound (8 kHz) as punctual packets of mu-law. */
export function mulawStream(sound: Sound, options: StreamOptions = {}): TimedPacket[] {
  const { packetMs = 20, ssrc = 0x5149_7070 } = options;
  const { sequence = 0, timestamp = 0, at = 0 } = options;
  if (sound.sampleRate !== 8000) throw new Error('G.711 has 8 kHz.');
  const samples = 8 * packetMs;
  const codes = Buffer.from(encodeMulaw(sound.samples));
  return Array.from({ length: Math.floor(codes.length / samples) }, (_, i) => ({
    at: at + i * packetMs,
    marker: i === 0,
    payloadType: PCMU,
    sequence: (sequence + i) & 0xffff,
    timestamp: (timestamp + i * samples) >>> 0,
    ssrc,
    payload: codes.subarray(i * samples, (i + 1) * samples),
  }));
}

/** A capture of packets, in the order of their times, for SIPp's `play_pcap_audio`. */
export function pcapOf(packets: readonly TimedPacket[]): Buffer {
  const inOrder = packets.toSorted((a, b) => a.at - b.at);
  return writePcap(
    inOrder.map((packet) => ({
      time: 1 + packet.at / 1000,
      sourcePort: 6000,
      destinationPort: 6000,
      payload: buildRtp(packet),
    })),
  );
}

/** A key is held this long and its end is said three times (RFC 4733 section 2.5.1.4); then a pause, ms. */
const KEY_MS = 100;
const END_PACKETS = 3;
const PAUSE_MS = 100;
const PACKET_MS = 20;
const EVENTS = '0123456789*#ABCD';

export interface KeyOptions {
  payloadType: number;
  /** Of the RTP clock: 8 or 48. */
  unitsPerMs: number;
  ssrc?: number;
}

/** Keys as telephone events, on a stream of their own numbers. */
export function keyStream(keys: string, options: KeyOptions): TimedPacket[] {
  const { payloadType, unitsPerMs, ssrc = 0x5149_7070 } = options;
  const packets: TimedPacket[] = [];
  let begin = 0;
  for (const key of keys) {
    for (let i = 1; i <= KEY_MS / PACKET_MS + END_PACKETS; i++) {
      const held = Math.min(i * PACKET_MS, KEY_MS);
      const isEnd = i * PACKET_MS > KEY_MS;
      const payload = Buffer.from([EVENTS.indexOf(key), (isEnd ? 0x80 : 0) | 10, 0, 0]);
      payload.writeUInt16BE(held * unitsPerMs, 2);
      packets.push({
        at: begin + i * PACKET_MS,
        marker: i === 1,
        payloadType,
        sequence: packets.length,
        timestamp: begin * unitsPerMs,
        ssrc,
        payload,
      });
    }
    begin += KEY_MS + END_PACKETS * PACKET_MS + PAUSE_MS;
  }
  return packets;
}
