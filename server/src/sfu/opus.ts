import type { RtpCapabilities } from '@switchroom/protocol';

/** Payload type of Opus everywhere on the wire; from the dynamic range (RFC 3551 section 6). */
export const OPUS_PAYLOAD_TYPE = 111;

/** RFC 6464 client-to-mixer audio level. */
export const AUDIO_LEVEL_URI = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';

/** Opus as RFC 7587 maps it: always 48 kHz and two channels in the mapping, whatever is inside. */
export const OPUS_CODEC = {
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48_000,
  channels: 2,
  preferredPayloadType: OPUS_PAYLOAD_TYPE,
  parameters: { useinbandfec: 1, usedtx: 1 },
} as const;

/** What a gateway can receive: Opus and the level, no feedback and no bandwidth estimation. */
export function plainCapabilities(audioLevelExtensionId: number): RtpCapabilities {
  return {
    codecs: [{ ...OPUS_CODEC, rtcpFeedback: [] }],
    headerExtensions: [
      {
        kind: 'audio',
        uri: AUDIO_LEVEL_URI,
        preferredId: audioLevelExtensionId,
        preferredEncrypt: false,
      },
    ],
  };
}
