import { g711, type G711Law } from './g711.ts';
import { G722Decoder } from './g722.ts';
import { createSourceDecoder, DTX_BYTES, OPUS_RATE, opusSamples } from './opus.ts';

/** What a phone may talk, as SDP names it. */
export type LegCodec = 'opus' | 'G722' | G711Law;

/** How a codec counts and sounds. */
export interface LegFormat {
  /** RTP timestamp units a second. */
  clockRate: number;
  /** Samples a second, decoded. */
  pcmRate: 8000 | 16_000;
}

/** G.722 sounds at 16 kHz, and counts 8 kHz on the wire (RFC 3551 section 4.5.2). */
export const LEG_FORMATS: Readonly<Record<LegCodec, LegFormat>> = {
  // libopus decodes whatever was coded straight to the mixer's rate.
  opus: { clockRate: OPUS_RATE, pcmRate: 16_000 },
  G722: { clockRate: 8000, pcmRate: 16_000 },
  PCMU: { clockRate: 8000, pcmRate: 8000 },
  PCMA: { clockRate: 8000, pcmRate: 8000 },
};

/** All, the best first: what we offer. */
export const LEG_CODECS: readonly LegCodec[] = ['opus', 'G722', 'PCMU', 'PCMA'];

/** 120 ms: no phone packs more into one packet. */
const MAX_CODES = 960;

/** Decodes the packets of one stream. */
export interface LegDecoder {
  readonly format: LegFormat;
  /**
   * New PCM for each packet; `pause` when it only says that the sender is silent; `undefined` when
   * it is no audio or longer than 120 ms.
   */
  decode(payload: Uint8Array): Int16Array | 'pause' | undefined;
  /** Where the order counts: what comes next does not follow on, and what is missing may come yet. */
  skip?(): void;
  /**
   * The same for one that comes after newer ones, or again, where the order counts: these go on as if it
   * had not come. `undefined` when it is not worth it.
   */
  decodeLate?(payload: Uint8Array): Int16Array | undefined;
  /** Whether a packet is silent, as far as that can be told without decoding it. */
  isSilent?(payload: Uint8Array): boolean;
  /** What this packet tells of the one before it, which was lost; call it before `decode`. */
  recover?(payload: Uint8Array): Int16Array | undefined;
  free(): void;
}

/** The caller frees it. */
export async function createLegDecoder(codec: LegCodec): Promise<LegDecoder> {
  return codec === 'opus' ? createOpusDecoder() : createByteDecoder(codec);
}

async function createOpusDecoder(): Promise<LegDecoder> {
  const format = LEG_FORMATS.opus;
  const decoder = await createSourceDecoder();
  return {
    format,
    decode(payload) {
      if (payload.length <= DTX_BYTES && opusSamples(payload)) return 'pause';
      if (!opusSamples(payload)) return undefined;
      return unlessBroken(() => decoder.decode(payload));
    },
    decodeLate: () => undefined, // What follows it has made up for it.
    recover(payload) {
      const samples = opusSamples(payload);
      if (!samples) return undefined;
      const missing = (samples * format.pcmRate) / format.clockRate;
      return unlessBroken(() => decoder.decodeFec(payload, missing));
    },
    free: () => decoder.free(),
  };
}

/** One bad packet is one lost packet. */
function unlessBroken(decode: () => Int16Array): Int16Array | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

function createByteDecoder(codec: Exclude<LegCodec, 'opus'>): LegDecoder {
  return codec === 'G722' ? createG722Decoder() : createG711Decoder(codec);
}

function createG711Decoder(codec: G711Law): LegDecoder {
  const law = g711(codec);
  return {
    format: LEG_FORMATS[codec],
    isSilent: (payload) => law.isSilent(payload),
    decode: (payload) => decodeBytes(law, payload, 1),
    free() {},
  };
}

function createG722Decoder(): LegDecoder {
  const decoder = new G722Decoder();
  /** As it was when something was missing last. */
  const atGap = new G722Decoder();
  return {
    format: LEG_FORMATS.G722,
    decode: (payload) => decodeBytes(decoder, payload, 2),
    skip: () => atGap.copyFrom(decoder),
    decodeLate: (payload) => decodeBytes(atGap, payload, 2),
    free() {},
  };
}

function decodeBytes(
  decoder: { decode(codes: Uint8Array, out: Int16Array): unknown },
  payload: Uint8Array,
  samplesPerCode: number,
): Int16Array | undefined {
  if (payload.length === 0 || payload.length > MAX_CODES) return undefined;
  const pcm = new Int16Array(payload.length * samplesPerCode);
  decoder.decode(payload, pcm);
  return pcm;
}
