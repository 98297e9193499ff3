import { isIPv6 } from 'node:net';
import { LEG_FORMATS, type LegCodec } from '../embedded/codecs/legCodecs.ts';
import { G711_CODECS, mirrored, type Direction, type RemoteAudio } from './audio.ts';
import { cryptoLine, type Crypto } from './crypto.ts';
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
/** Our numbers for telephone-event in an offer, by clock; an answer takes the offer's. */
export const EVENT_PAYLOAD_TYPES = { 8000: 101, 48_000: 102 } as const;
/** We make up for loss from the next packet, and want no coded silence (RFC 7587 section 6.1). */
const OPUS_PARAMETERS = 'useinbandfec=1; usedtx=1';
const PAYLOAD_TYPES: Readonly<Record<LegCodec, number>> = {
  opus: 96,
  G722: 9,
  PCMU: 0,
  PCMA: 8,
};

/** Our offer: these codecs in this order, and keys; with `RTP/AVP` plain RTP will do as well (RFC 8643). */
export function buildOffer(
  local: LocalAudio,
  direction: Direction = 'sendrecv',
  codecs: readonly LegCodec[] = G711_CODECS,
  cryptos: readonly Crypto[] = [],
  protocol: 'RTP/AVP' | 'RTP/SAVP' = 'RTP/AVP',
): string {
  return render(local, [
    ...audioLines(local, {
      codecs: codecs.map((codec) => ({ codec, payloadType: PAYLOAD_TYPES[codec] })),
      events: eventsFor(codecs),
      protocol,
      cryptos,
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
  crypto?: Crypto,
): string {
  const lines = offer.media.flatMap((media, index) => {
    if (index !== remote.index) {
      return [`m=${media.type} 0 ${media.protocol} ${media.formats.join(' ') || '0'}`];
    }
    return audioLines(local, {
      codecs: [{ codec: remote.codec, payloadType: remote.payloadType }],
      noisePayloadType: remote.noisePayloadType,
      events:
        remote.eventPayloadType === undefined
          ? []
          : [{ payloadType: remote.eventPayloadType, clockRate: remote.eventClockRate }],
      protocol: media.protocol,
      cryptos: crypto ? [crypto] : [],
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
    noisePayloadType?: number | undefined;
    events: { payloadType: number; clockRate: number }[];
    protocol: string;
    cryptos: readonly Crypto[];
    rtcpMux: boolean;
    direction: Direction;
  },
): string[] {
  const formats = audio.codecs.map(({ payloadType }) => payloadType);
  if (audio.noisePayloadType !== undefined) formats.push(audio.noisePayloadType);
  formats.push(...audio.events.map(({ payloadType }) => payloadType));
  const lines = [`m=audio ${local.port} ${audio.protocol} ${formats.join(' ')}`];
  for (const { codec, payloadType } of audio.codecs) {
    const channels = codec === 'opus' ? '/2' : ''; // By RFC 7587 section 7, also for mono.
    lines.push(`a=rtpmap:${payloadType} ${codec}/${LEG_FORMATS[codec].clockRate}${channels}`);
    if (codec === 'opus') lines.push(`a=fmtp:${payloadType} ${OPUS_PARAMETERS}`);
  }
  if (audio.noisePayloadType !== undefined)
    lines.push(`a=rtpmap:${audio.noisePayloadType} CN/8000`);
  for (const { payloadType, clockRate } of audio.events) {
    lines.push(`a=rtpmap:${payloadType} telephone-event/${clockRate}`);
    lines.push(`a=fmtp:${payloadType} 0-15`);
  }
  lines.push(...audio.cryptos.map(cryptoLine));
  lines.push(`a=ptime:${PTIME_MS}`, `a=${audio.direction}`);
  if (audio.rtcpMux) lines.push('a=rtcp-mux');
  return lines;
}

/** telephone-event at each clock that the codecs have (RFC 4733 section 2.1). */
function eventsFor(codecs: readonly LegCodec[]): { payloadType: number; clockRate: number }[] {
  const clocks = new Set(codecs.map((codec) => LEG_FORMATS[codec].clockRate));
  return ([8000, 48_000] as const)
    .filter((clockRate) => clocks.has(clockRate))
    .map((clockRate) => ({ payloadType: EVENT_PAYLOAD_TYPES[clockRate], clockRate }));
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
