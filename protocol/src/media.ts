import { z } from 'zod';

/*
 * Shapes that mediasoup and mediasoup-client define and check themselves. The protocol only makes
 * sure that they are objects of the right outline and of bounded size; mediasoup judges the rest.
 */

const short = z.string().max(256);
const parameters = z.record(
  short,
  z.union([z.string().max(2048), z.number(), z.boolean(), z.null()]),
);
const rtcpFeedback = z.object({ type: short, parameter: short.optional() });

export const rtpCodecParametersSchema = z.object({
  mimeType: short,
  payloadType: z.int().min(0).max(127),
  clockRate: z.int().positive(),
  channels: z.int().positive().optional(),
  parameters: parameters.optional(),
  rtcpFeedback: z.array(rtcpFeedback).max(32).optional(),
});

export const rtpParametersSchema = z.object({
  mid: short.optional(),
  msid: short.optional(),
  codecs: z.array(rtpCodecParametersSchema).min(1).max(16),
  headerExtensions: z
    .array(
      z.object({
        uri: short,
        id: z.int().min(1).max(255),
        encrypt: z.boolean().optional(),
        parameters: parameters.optional(),
      }),
    )
    .max(32)
    .optional(),
  encodings: z
    .array(z.looseObject({ ssrc: z.int().nonnegative().optional(), dtx: z.boolean().optional() }))
    .max(8)
    .optional(),
  rtcp: z.looseObject({ cname: short.optional(), reducedSize: z.boolean().optional() }).optional(),
});
export type RtpParameters = z.infer<typeof rtpParametersSchema>;

export const rtpCapabilitiesSchema = z.object({
  codecs: z
    .array(z.looseObject({ mimeType: short, kind: short }))
    .max(64)
    .optional(),
  headerExtensions: z
    .array(z.looseObject({ uri: short, kind: short }))
    .max(64)
    .optional(),
});
export type RtpCapabilities = z.infer<typeof rtpCapabilitiesSchema>;

export const dtlsParametersSchema = z.object({
  role: z.enum(['auto', 'client', 'server']).optional(),
  fingerprints: z
    .array(z.object({ algorithm: short, value: short }))
    .min(1)
    .max(16),
});
export type DtlsParameters = z.infer<typeof dtlsParametersSchema>;

/** What a browser needs to make its end of a WebRTC transport (mediasoup-client `TransportOptions`). */
export interface WebRtcTransportOptions {
  id: string;
  iceParameters: Record<string, unknown>;
  iceCandidates: Record<string, unknown>[];
  dtlsParameters: DtlsParameters;
}
