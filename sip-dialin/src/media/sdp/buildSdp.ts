import { isIPv6 } from 'node:net';
import { LEG_FORMATS, type LegCodec } from '../embedded/codecs/legCodecs.ts';
import { G711_CODECS, mirrored, type Direction, type RemoteAudio } from './audio.ts';
import type { SessionDescription } from './parseSdp.ts';

/** What we say about our side of a call. */
export interface LocalAudio {
  /** Numeric string; the same for the whole call. */
  sessionId: string;
  /** Counts up with every description that differs from the one before (RFC 3264 section 8). */
  version: number;
  /** The address that the other side is told. */
  address: string;
  port: number;
}

const PTIME_MS = 20;
/** Our number for telephone-event in an offer; an answer takes the offer's. */
const EVENT_PAYLOAD_TYPE = 101;
const PAYLOAD_TYPES: Readonly<Record<LegCodec, number>> = { G722: 9, PCMU: 0, PCMA: 8 };

/** Our offer: these codecs in this order, and keys. */
export function buildOffer(
  local: LocalAudio,
  direction: Direction = 'sendrecv',
  codecs: readonly LegCodec[] = G711_CODECS,
): string {
  return render(local, [
    ...audioLines(local, {
      codecs: codecs.map((codec) => ({ codec, payloadType: PAYLOAD_TYPES[codec] })),
      eventPayloadType: EVENT_PAYLOAD_TYPE,
      protocol: 'RTP/AVP',
      rtcpMux: true,
      direction,
    }),
  ]);
}

/**
 * Our answer: the one codec of `remote`, and every other `m=` line of the offer refused with
 * port 0, in the offer's order (RFC 3264 section 6).
 */
export function buildAnswer(
  local: LocalAudio,
  offer: SessionDescription,
  remote: RemoteAudio<LegCodec>,
): string {
  const lines = offer.media.flatMap((media, index) => {
    if (index !== remote.index) {
      return [`m=${media.type} 0 ${media.protocol} ${media.formats.join(' ') || '0'}`];
    }
    return audioLines(local, {
      codecs: [{ codec: remote.codec, payloadType: remote.payloadType }],
      eventPayloadType: remote.eventPayloadType,
      protocol: media.protocol,
      rtcpMux: remote.rtcpMux,
      direction: mirrored(remote.direction),
    });
  });
  return render(local, lines);
}

function audioLines(
  local: LocalAudio,
  audio: {
    codecs: { codec: LegCodec; payloadType: number }[];
    eventPayloadType: number | undefined;
    protocol: string;
    rtcpMux: boolean;
    direction: Direction;
  },
): string[] {
  const formats = audio.codecs.map(({ payloadType }) => payloadType);
  if (audio.eventPayloadType !== undefined) formats.push(audio.eventPayloadType);
  const lines = [`m=audio ${local.port} ${audio.protocol} ${formats.join(' ')}`];
  for (const { codec, payloadType } of audio.codecs) {
    lines.push(`a=rtpmap:${payloadType} ${codec}/${LEG_FORMATS[codec].clockRate}`);
  }
  if (audio.eventPayloadType !== undefined) {
    lines.push(`a=rtpmap:${audio.eventPayloadType} telephone-event/8000`);
    lines.push(`a=fmtp:${audio.eventPayloadType} 0-15`);
  }
  lines.push(`a=ptime:${PTIME_MS}`, `a=${audio.direction}`);
  if (audio.rtcpMux) lines.push('a=rtcp-mux');
  return lines;
}

function render(local: LocalAudio, mediaLines: readonly string[]): string {
  const family = isIPv6(local.address) ? 'IP6' : 'IP4';
  const lines = [
    'v=0',
    `o=- ${local.sessionId} ${local.version} IN ${family} ${local.address}`,
    's=-',
    `c=IN ${family} ${local.address}`,
    't=0 0',
    ...mediaLines,
  ];
  return `${lines.join('\r\n')}\r\n`;
}
