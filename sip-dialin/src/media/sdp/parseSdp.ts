import { AppError } from '@switchroom/protocol';

/** A session description (RFC 8866) as far as telephony needs it. */
export interface SessionDescription {
  connection: Connection | undefined;
  attributes: Attribute[];
  media: MediaSection[];
}

export interface Connection {
  family: 'IP4' | 'IP6';
  address: string;
}

export interface Attribute {
  name: string;
  /** `undefined` for a flag such as `a=sendonly`. */
  value: string | undefined;
}

/** One `m=` line with what belongs to it. */
export interface MediaSection {
  type: string;
  /** 0: rejected, or not offered any longer. */
  port: number;
  protocol: string;
  formats: string[];
  connection: Connection | undefined;
  attributes: Attribute[];
}

/** No sane description of a call is longer. */
const MAX_CHARACTERS = 32_768;
const MAX_MEDIA = 32;

/** Reads SDP. Errors: `bad-request`. Lines of kinds we do not use are passed over. */
export function parseSdp(text: string): SessionDescription {
  if (text.length > MAX_CHARACTERS) throw bad('it is too long');
  const lines = text
    .split(/\r\n|\n|\r/)
    .map((line) => line.replace(/[\s\0]+$/, ''))
    .filter((line) => line !== '');
  if (lines[0] !== 'v=0') throw bad('it does not begin with v=0');

  const session: SessionDescription = { connection: undefined, attributes: [], media: [] };
  let section: SessionDescription | MediaSection = session;
  for (const line of lines) {
    if (line[1] !== '=') throw bad('a line is not of the form "x=..."');
    const value = line.slice(2).trim();
    if (line[0] === 'm') {
      section = parseMediaLine(value);
      if (session.media.push(section) > MAX_MEDIA) throw bad('it has too many media');
    } else if (line[0] === 'c') {
      section.connection = parseConnection(value);
    } else if (line[0] === 'a') {
      section.attributes.push(parseAttribute(value));
    }
  }
  return session;
}

/** Whether it is sound. Tokens are compared without case: a few shout. */
export function isAudio({ type }: MediaSection): boolean {
  return type.toLowerCase() === 'audio';
}

/** The first value of an attribute; `''` for a flag, `undefined` when it is not there. */
export function attribute(
  of: { readonly attributes: readonly Attribute[] },
  name: string,
): string | undefined {
  const found = of.attributes.find((candidate) => candidate.name === name);
  return found && (found.value ?? '');
}

function parseMediaLine(value: string): MediaSection {
  const [type, port, protocol, ...formats] = value.split(/ +/);
  const match = /^(\d{1,5})(?:\/\d+)?$/.exec(port ?? '');
  if (!type || !protocol || !match || Number(match[1]) > 65535)
    throw bad('an m= line is malformed');
  return { type, port: Number(match[1]), protocol, formats, connection: undefined, attributes: [] };
}

function parseConnection(value: string): Connection {
  const [network, type, address] = value.split(/ +/);
  const [net, family] = [network?.toUpperCase(), type?.toUpperCase()];
  if (net !== 'IN' || (family !== 'IP4' && family !== 'IP6') || !address) {
    throw bad('a c= line is malformed');
  }
  // "/ttl" and "/count" belong to multicast, which no call uses.
  return { family, address: address.split('/')[0]! };
}

function parseAttribute(value: string): Attribute {
  const colon = value.indexOf(':');
  if (colon < 0) return { name: value, value: undefined };
  return { name: value.slice(0, colon), value: value.slice(colon + 1).trim() };
}

function bad(why: string): AppError {
  return new AppError('bad-request', `The session description cannot be read: ${why}.`);
}
