import { encodeMulaw } from '../audio/g711.ts';
import type { Sound } from '../audio/Sound.ts';
import { writePcap, type Datagram } from '../net/pcap.ts';
import { buildRtp, PCMU } from '../net/rtp.ts';

/** A packet holds 20 ms: 160 samples at 8 kHz. */
const FRAME = 160;
const FRAME_SECONDS = 0.02;
/** Payload type that our SDP gives telephone-event. */
export const TELEPHONE_EVENT = 101;
/** A key is held for 5 packets, and its end is said three times (RFC 4733 section 2.5.1.4). */
const KEY_PACKETS = 5;
const END_PACKETS = 3;
/** Silence between two keys, packets. */
const PAUSE_PACKETS = 3;
const EVENTS = '0123456789*#ABCD';

/**
 * One RTP stream as a capture that SIPp's `play_pcap_audio` sends: keys as RFC 4733 events first, if any,
 * then the sound (8 kHz) in mu-law.
 */
export function rtpPcap(sound: Sound, { keys = '' }: { keys?: string } = {}): Buffer {
  if (sound.sampleRate !== 8000) throw new Error('G.711 has 8 kHz.');
  const datagrams: Datagram[] = [];
  const ssrc = Math.floor(Math.random() * 2 ** 32);
  let timestamp = 0;
  const send = (payloadType: number, payload: Buffer, marker: boolean, at = timestamp): void => {
    const sequence = datagrams.length;
    const packet = buildRtp({ marker, payloadType, sequence, timestamp: at, ssrc, payload });
    const time = 1 + sequence * FRAME_SECONDS;
    datagrams.push({ time, sourcePort: 6000, destinationPort: 6000, payload: packet });
  };
  const quiet = Buffer.alloc(FRAME, 0xff);
  const pause = (packets: number): void => {
    for (let i = 0; i < packets; i++, timestamp += FRAME) send(PCMU, quiet, timestamp === 0);
  };

  pause(PAUSE_PACKETS);
  for (const key of keys) {
    const begin = timestamp;
    for (let i = 1; i <= KEY_PACKETS + END_PACKETS; i++) {
      const end = i > KEY_PACKETS ? 0x80 : 0;
      const event = Buffer.from([EVENTS.indexOf(key), end | 10, 0, 0]);
      event.writeUInt16BE(Math.min(i, KEY_PACKETS) * FRAME, 2);
      send(TELEPHONE_EVENT, event, i === 1, begin);
      timestamp += FRAME;
    }
    pause(PAUSE_PACKETS);
  }
  const speech = Buffer.from(encodeMulaw(sound.samples));
  for (let at = 0; at + FRAME <= speech.length; at += FRAME, timestamp += FRAME) {
    send(PCMU, speech.subarray(at, at + FRAME), false);
  }
  return writePcap(datagrams);
}
