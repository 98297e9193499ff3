/** The rate that Opus counts time in (RFC 7587 section 4.1), and the recording's clock too. */
export const CLOCK_RATE = 48_000;
export const SAMPLES_PER_MS = 48;
/** Samples of the shortest Opus frame, 2.5 ms: every packet is a multiple of it. */
export const SHORTEST_FRAME = 120;
/** Samples of the longest packet, 120 ms (RFC 6716 section 3.2.5). */
const LONGEST_PACKET = 5760;
/** 48 frames of 1275 bytes (RFC 6716 section 3.4, R2): what fits into one Ogg page too. */
const LARGEST_PACKET_BYTES = 61_440;

/** Frame sizes in samples by TOC configuration (RFC 6716 section 3.1, table 2). */
const SILK_FRAMES = [480, 960, 1920, 2880];
const HYBRID_FRAMES = [480, 960];
const CELT_FRAMES = [120, 240, 480, 960];

/** Duration of an Opus packet in samples of 48 kHz, or 0 when it is not one. */
export function opusSamples(packet: Uint8Array): number {
  if (packet.length === 0 || packet.length > LARGEST_PACKET_BYTES) return 0;
  const toc = packet[0]!;
  const config = toc >> 3;
  const code = toc & 3;
  let frames = code === 0 ? 1 : 2;
  if (code === 3) {
    if (packet.length < 2) return 0;
    frames = packet[1]! & 0x3f;
  }
  const samples = frames * frameSamples(config);
  return samples > LONGEST_PACKET ? 0 : samples;
}

/** What is none has no place in an Ogg file. */
export function isOpus({ payload }: { payload: Uint8Array }): boolean {
  return opusSamples(payload) > 0;
}

function frameSamples(config: number): number {
  if (config < 12) return SILK_FRAMES[config & 3]!;
  if (config < 16) return HYBRID_FRAMES[config & 1]!;
  return CELT_FRAMES[config & 3]!;
}

/** Mono CELT frames of silence, longest first: TOC, then the silence flag (RFC 6716 section 4.3). */
export const SILENCE: readonly { samples: number; packet: Uint8Array }[] = [
  { samples: 960, packet: Uint8Array.of(0xf8, 0xff, 0xfe) },
  { samples: 480, packet: Uint8Array.of(0xf0, 0xff, 0xfe) },
  { samples: 240, packet: Uint8Array.of(0xe8, 0xff, 0xfe) },
  { samples: 120, packet: Uint8Array.of(0xe0, 0xff, 0xfe) },
];
