import type { WirePacket } from './WireLog.ts';

/** A packet's sound has been heard if this like it (normalised cross-correlation), whatever level it has now. */
const ALIKE = 0.985;
/** So like that there is no better place. */
const THE_SAME = 0.995;
/** RMS; what is softer is a pause, and like any other. */
const AUDIBLE = 300;
/** Nobody looks for it any longer after that, samples: 500 ms. */
const LATEST = 4000;
const SAMPLES_PER_MS = 8;

/** How one packet's sound went from phone to phone. */
export interface Passage {
  /** When it left the one, and when the last of it had come to the other, on the log's clock, ms. */
  sentAt: number;
  heardAt: number;
  /** One way, ms: of the sample of it that took longest. */
  delay: number;
}

/** Of some packets those that hold more than a pause. */
export function audible(packets: readonly WirePacket[]): WirePacket[] {
  return packets.filter(({ samples }) => {
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    return power > AUDIBLE ** 2;
  });
}

/** A stream of packets laid out by their timestamps. */
interface Stream {
  packets: readonly WirePacket[];
  /** Of each packet's first sample. */
  positions: readonly number[];
  samples: Int16Array;
}

/**
 * Where the sound of each sent packet is in what was received, and how long it took: from the time its packet left to
 * the time the packet came in which it is found, and if it is found further back in that packet than it was in its own,
 * by so much more. What packets that hold it wait to be filled or to be played is the phones' own and not in it. A delay
 * is that of a packet, not of a stream: one that is late among punctual ones is late here. Packets whose sound is not
 * found within half a second are left out; pauses are to be left out before (`audible`).
 */
export function packetDelays(
  sent: readonly WirePacket[],
  received: readonly WirePacket[],
): Passage[] {
  const stream = layOut(received);
  const passages: Passage[] = [];
  let shift: number | undefined;
  let first = 0;
  for (const packet of sent) {
    while (first < received.length && received[first]!.at < packet.at) first += 1;
    if (first === received.length) break;
    const mark = (packet.timestamp - sent[0]!.timestamp) | 0;
    const from = stream.positions[first]!;
    const at = find(packet.samples, stream.samples, from, shift === undefined ? -1 : mark + shift);
    if (at === undefined) continue;
    shift = at - mark;
    passages.push(passage(packet, at, stream));
  }
  return passages;
}

function layOut(received: readonly WirePacket[]): Stream {
  const [ssrc, first] = [received[0]?.ssrc, received[0]?.timestamp ?? 0];
  const packets = received.filter((packet) => packet.ssrc === ssrc);
  const positions = packets.map(({ timestamp }) => (timestamp - first) | 0);
  const end = packets.reduce(
    (most, { samples }, i) => Math.max(most, positions[i]! + samples.length),
    0,
  );
  const samples = new Int16Array(end);
  packets.forEach((packet, i) => {
    if (positions[i]! >= 0) samples.set(packet.samples, positions[i]);
  });
  return { packets, positions, samples };
}

/** Where the needle is most alike, at `from` or later; `likely` is tried first. */
function find(
  needle: Int16Array,
  haystack: Int16Array,
  from: number,
  likely: number,
): number | undefined {
  if (likely >= from && likeness(needle, haystack, likely) >= THE_SAME) return likely;
  const until = Math.min(from + LATEST, haystack.length - needle.length);
  let [best, most] = [0, 0];
  for (let at = Math.max(0, from); at <= until; at++) {
    const alike = likeness(needle, haystack, at);
    if (alike > most) [best, most] = [at, alike];
  }
  return most >= ALIKE ? best : undefined;
}

/** Normalised cross-correlation at one place, 0 to 1. */
function likeness(needle: Int16Array, haystack: Int16Array, at: number): number {
  if (at + needle.length > haystack.length) return 0;
  let [product, ours, theirs] = [0, 0, 0];
  for (let i = 0; i < needle.length; i++) {
    const [a, b] = [needle[i]!, haystack[at + i]!];
    product += a * b;
    ours += a * a;
    theirs += b * b;
  }
  return ours === 0 || theirs === 0 ? 0 : product / Math.sqrt(ours * theirs);
}

/** `at`: where the sound of `packet` begins in the stream. It may lie in two packets: the later counts. */
function passage(packet: WirePacket, at: number, { packets, positions }: Stream): Passage {
  let [delay, heardAt] = [-Infinity, packet.at];
  packets.forEach((heard, i) => {
    const begin = Math.max(at, positions[i]!);
    if (begin >= Math.min(at + packet.samples.length, positions[i]! + heard.samples.length)) return;
    const heardMs = heard.at + (begin - positions[i]!) / SAMPLES_PER_MS;
    const one = heardMs - (packet.at + (begin - at) / SAMPLES_PER_MS);
    if (one > delay) [delay, heardAt] = [one, heard.at];
  });
  return { sentAt: packet.at, heardAt, delay };
}
