import { isIP, SocketAddress } from 'node:net';
import { AppError } from '@switchroom/protocol';
import type { G711Law } from '../embedded/codecs/g711.ts';
import { LEG_FORMATS, type LegCodec } from '../embedded/codecs/legCodecs.ts';
import { chooseCrypto, type Crypto, type SrtpPolicy } from './crypto.ts';
import { attribute, isAudio, type MediaSection, type SessionDescription } from './parseSdp.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What the other side of a call says about the audio that we and it agree on. */
export interface RemoteAudio<C extends LegCodec = G711Law> {
  /** Which `m=` line it is. */
  index: number;
  /** Where it wants RTP; `undefined` when it names no address (hold by 0.0.0.0, or a host name). */
  rtp: { ip: string; port: number } | undefined;
  /** Where it wants RTCP; the RTP address itself when muxed. */
  rtcp: { ip: string; port: number } | undefined;
  rtcpMux: boolean;
  /** As the other side sees it: `sendonly` when it holds us. */
  direction: Direction;
  codec: C;
  payloadType: number;
  /** Of telephone-event, at the codec's clock where it has that (RFC 4733 section 2.1). */
  eventPayloadType: number | undefined;
  eventClockRate: number;
  /** Whether it would rather get nothing than coded silence (RFC 7587 section 6.1). */
  usesDtx: boolean;
  /** What it encrypts with; `undefined` for plain RTP. */
  crypto?: Crypto | undefined;
  /** Milliseconds a packet that it would like to receive. */
  ptimeMs: number | undefined;
  /** And the most that it takes. */
  maxPtimeMs?: number | undefined;
  /** Of comfort noise (RFC 3389), when it takes that beside this codec. */
  noisePayloadType?: number | undefined;
}

const DIRECTIONS: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
/** Plain RTP; with feedback (RFC 4585) it is the same on the wire. */
const PLAIN_PROTOCOLS: readonly string[] = ['RTP/AVP', 'RTP/AVPF'];
/** SRTP, whose keys are in the SDP (RFC 4568); beside plain RTP for who would take either (RFC 8643). */
const SECURE_PROTOCOLS: readonly string[] = ['RTP/SAVP', 'RTP/SAVPF', ...PLAIN_PROTOCOLS];
/** The payload types that need no rtpmap (RFC 3551 section 6). */
const STATIC_NAMES: Readonly<Record<string, string>> = {
  '0': 'pcmu/8000',
  '8': 'pcma/8000',
  '9': 'g722/8000',
  '13': 'cn/8000',
};
/** Names in SDP, in lower case and without the number of channels when that is 1. */
const CODEC_OF: Readonly<Record<string, LegCodec>> = {
  'pcmu/8000': 'PCMU',
  'pcma/8000': 'PCMA',
  'g722/8000': 'G722',
  'opus/48000/2': 'opus',
  // RFC 7587 section 7 wants the 2, which some leave out.
  'opus/48000': 'opus',
};
/** The lower, the better it sounds. */
const RANK: Readonly<Record<LegCodec, number>> = { opus: 0, G722: 1, PCMU: 2, PCMA: 2 };

export const G711_CODECS: readonly G711Law[] = ['PCMU', 'PCMA'];

/**
 * The first audio of an offer or answer that we can talk, and its codec out of `codecs`: wideband
 * before G.711, whatever the other side's order (RFC 3264 section 6.1 lets the answerer choose: a
 * phone that offers G.722 last can still speak it, and all in the room hear the difference); of the
 * two laws the one that it names first, so that a carrier need not transcode.
 * SRTP only as `srtp` has it, and then before plain RTP. Errors: `no-codec` when there is none.
 */
export function chooseAudio<C extends LegCodec = G711Law>(
  session: SessionDescription,
  codecs: readonly C[] = G711_CODECS as readonly C[],
  srtp: SrtpPolicy = 'off',
): RemoteAudio<C> {
  const found = session.media.flatMap((media, index) => {
    if (!isAudio(media) || media.port === 0) return [];
    const crypto = srtp === 'off' ? undefined : chooseCrypto(media);
    const usable = crypto ? SECURE_PROTOCOLS : srtp === 'required' ? [] : PLAIN_PROTOCOLS;
    if (!usable.includes(media.protocol.toUpperCase())) return [];
    const remote = readAudio(session, media, index, codecs);
    return remote ? [crypto ? { ...remote, crypto } : remote] : [];
  });
  const best = found.find(({ crypto }) => crypto) ?? found[0];
  if (best) return best;
  throw new AppError(
    'no-codec',
    `The call offers none of our codecs (${codecs.join(', ')}) with encryption as agreed.`,
  );
}

/**
 * Which way a medium goes, as who describes it sees it. Of the media section first, since that counts more than the
 * session's (RFC 8866 sections 5.7 and 6.7).
 */
export function directionOf(session: SessionDescription, media: MediaSection): Direction {
  const address = (media.connection ?? session.connection)?.address;
  const direction = statedDirection(media) ?? statedDirection(session) ?? 'sendrecv';
  // The old manner of hold (RFC 3264 section 8.4): it wants to hear nothing, whatever its direction.
  return address === '0.0.0.0' || address === '::' ? heldAs(direction) : direction;
}

/** Our direction in answer to theirs (RFC 3264 section 6.1). */
export function mirrored(direction: Direction): Direction {
  if (direction === 'sendonly') return 'recvonly';
  if (direction === 'recvonly') return 'sendonly';
  return direction;
}

function readAudio<C extends LegCodec>(
  session: SessionDescription,
  media: MediaSection,
  index: number,
  codecs: readonly C[],
): RemoteAudio<C> | undefined {
  const names = payloadNames(media);
  const chosen = chooseCodec(media, names, codecs);
  if (!chosen) return undefined;
  const { clockRate } = LEG_FORMATS[chosen.codec];
  const events =
    media.formats.find((format) => names.get(format) === `telephone-event/${clockRate}`) ??
    media.formats.find((format) => names.get(format)?.startsWith('telephone-event/'));

  const connection = media.connection ?? session.connection;
  const address = connection?.address ?? '';
  const usable = isIP(address) !== 0 && address !== '0.0.0.0' && address !== '::';
  const rtp = usable ? { ip: asSocketsSay(address), port: media.port } : undefined;
  const rtcpMux = attribute(media, 'rtcp-mux') !== undefined;
  const ptime = Number(attribute(media, 'ptime'));
  const maxPtime = Number(attribute(media, 'maxptime'));
  const noise = media.formats.find((format) => names.get(format) === `cn/${clockRate}`);

  return {
    index,
    rtp,
    rtcp: rtcpMux ? rtp : rtp && rtcpAddress(media, rtp),
    rtcpMux,
    direction: directionOf(session, media),
    ...chosen,
    eventPayloadType: events === undefined ? undefined : Number(events),
    eventClockRate: Number(names.get(events ?? '')?.split('/')[1] ?? clockRate),
    usesDtx: /(^|[ ;])usedtx=1/.test(formatParameters(media, chosen.payloadType)),
    ptimeMs: ptime > 0 ? ptime : undefined,
    maxPtimeMs: maxPtime > 0 ? maxPtime : undefined,
    noisePayloadType: noise === undefined ? undefined : Number(noise),
  };
}

function chooseCodec<C extends LegCodec>(
  media: MediaSection,
  names: ReadonlyMap<string, string>,
  codecs: readonly C[],
): { codec: C; payloadType: number } | undefined {
  let best: { codec: C; payloadType: number } | undefined;
  for (const format of media.formats) {
    const name = CODEC_OF[names.get(format)?.replace(/\/1$/, '') ?? ''];
    const codec = codecs.find((ours) => ours === name);
    if (!codec || (best && RANK[best.codec] <= RANK[codec])) continue;
    best = { codec, payloadType: Number(format) };
  }
  return best;
}

/** Payload type to `name/rate`, in lower case: names are case-insensitive (RFC 4855 section 3). */
function payloadNames(media: MediaSection): Map<string, string> {
  const names = new Map<string, string>(Object.entries(STATIC_NAMES));
  for (const { name, value } of media.attributes) {
    if (name !== 'rtpmap' || !value) continue;
    const [payloadType, encoding] = value.split(/ +/);
    const valid = /^\d{1,3}$/.test(payloadType ?? '') && Number(payloadType) <= 127;
    if (!valid || !encoding) continue;
    const format = String(Number(payloadType));
    const shape = encoding.toLowerCase();
    // Some write `9 G722/16000`, how fast it samples: its clock rate is 8000 all the same (RFC 3551 section 4.5.2).
    const usual = STATIC_NAMES[format]?.split('/')[0];
    if (usual === undefined || shape.split('/')[0] !== usual) names.set(format, shape);
  }
  return names;
}

/** What `a=fmtp` says of a payload type; `''` when nothing. */
function formatParameters(media: MediaSection, payloadType: number): string {
  const prefix = `${payloadType} `;
  const line = media.attributes.find(
    ({ name, value }) => name === 'fmtp' && value?.startsWith(prefix),
  );
  return line?.value?.slice(prefix.length) ?? '';
}

/** `a=rtcp:port [IN IP4 address]` (RFC 3605), else the port after RTP's (RFC 3550 section 11). */
function rtcpAddress(
  media: MediaSection,
  rtp: { ip: string; port: number },
): { ip: string; port: number } | undefined {
  const [port, , , ip] = (attribute(media, 'rtcp') ?? '').split(/ +/);
  const number = port ? Number(port) : rtp.port + 1;
  if (!Number.isInteger(number) || number < 1 || number > 65535) return undefined;
  return { ip: ip && isIP(ip) ? asSocketsSay(ip) : rtp.ip, port: number };
}

/** IPv6 has many ways to write one address (RFC 5952): this is the one that what comes from there is known by. */
function asSocketsSay(ip: string): string {
  return isIP(ip) === 6 ? new SocketAddress({ address: ip, family: 'ipv6' }).address : ip;
}

function heldAs(direction: Direction): Direction {
  if (direction === 'sendrecv') return 'sendonly';
  return direction === 'recvonly' ? 'inactive' : direction;
}

function statedDirection(part: SessionDescription | MediaSection): Direction | undefined {
  return DIRECTIONS.find((direction) => attribute(part, direction) !== undefined);
}
