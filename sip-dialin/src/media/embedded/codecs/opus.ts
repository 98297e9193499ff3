import { createDecoder, createEncoder, type OpusDecoder, type OpusEncoder } from '@switchroom/opus';

/** RTP clock of Opus, whatever rate is coded (RFC 7587 section 4.1). */
export const OPUS_RATE = 48_000;
/** A packet this short only says that the sender pauses (RFC 7587 section 3.1.3). */
export const DTX_BYTES = 2;

/** Telephone speech: made for loss on the browser's side. */
const PHONE_BITRATE = 24_000;
const PHONE_COMPLEXITY = 5;
/** At 8 kHz these bits are more than enough, and telephone lines hide more than is lost: half the work. */
const NARROW_COMPLEXITY = 1;
/** libopus spends bits on FEC only where it is told that packets get lost. */
const EXPECTED_LOSS_PERCENT = 10;
const VOICE = {
  application: 'voip',
  isVoice: true,
  bitrate: PHONE_BITRATE,
  expectedLossPercent: EXPECTED_LOSS_PERCENT,
} as const;
/** The mixer's rate: libopus decodes any stream straight to it. */
const MIX_RATE = 16_000;

export type PhoneEncoder = Pick<OpusEncoder, 'encode' | 'setDtx' | 'free'>;
export type SourceDecoder = OpusDecoder;

/** Loads it, so that the first call does not wait for it. */
export async function loadOpus(): Promise<void> {
  (await createSourceDecoder()).free();
}

/** Encodes 20 ms frames of a phone, with DTX. The caller frees it. */
export async function createPhoneEncoder(sampleRate: 8000 | 16_000 = 8000): Promise<PhoneEncoder> {
  return createEncoder({
    sampleRate,
    ...VOICE,
    complexity: sampleRate === 8000 ? NARROW_COMPLEXITY : PHONE_COMPLEXITY,
    dtx: true,
  });
}

/** Encodes 20 ms frames of the mix for a phone that speaks Opus itself. The caller frees it. */
export async function createOpusEncoder(): Promise<Pick<PhoneEncoder, 'encode' | 'free'>> {
  return createEncoder({ sampleRate: MIX_RATE, ...VOICE, complexity: PHONE_COMPLEXITY });
}

/** Decodes to 16 kHz mono. The caller frees it. */
export async function createSourceDecoder(): Promise<SourceDecoder> {
  return createDecoder({ sampleRate: MIX_RATE });
}

/**
 * How long an Opus packet lasts, in units of 48 kHz (RFC 6716 section 3.1); `undefined` when it is
 * malformed. Longer than 120 ms is not allowed.
 */
export function opusSamples(packet: Uint8Array): number | undefined {
  const toc = packet[0];
  if (toc === undefined) return undefined;
  const config = toc >> 3;
  let frame: number;
  if (config < 12) frame = [480, 960, 1920, 2880][config & 3]!;
  else if (config < 16) frame = config & 1 ? 960 : 480;
  else frame = 120 << (config & 3);

  const code = toc & 3;
  const count = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 0x3f;
  const samples = frame * count;
  return samples > 0 && samples <= 5760 ? samples : undefined;
}
