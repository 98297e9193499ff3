/*
 * libpcap files, as tcpdump writes them and SIPp's play_pcap_audio reads them
 * (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html).
 */

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINK_ETHERNET = 1;
const LINK_RAW = 101;
const ETHERNET_HEADER = 14;
const IPV4 = 0x0800;
const UDP = 17;

export interface Datagram {
  /** Seconds since 1970. */
  time: number;
  sourcePort: number;
  destinationPort: number;
  payload: Buffer;
}

/**
 * The UDP datagrams over IPv4 of a capture. A last record that is cut short (the capture still runs)
 * is left out.
 */
export function readPcap(file: Buffer): Datagram[] {
  if (file.length < 24) return [];
  const magic = file.readUInt32LE(0);
  if (magic !== MAGIC_MICROSECONDS && magic !== MAGIC_NANOSECONDS) {
    throw new Error('Not a little-endian pcap file.');
  }
  const fraction = magic === MAGIC_NANOSECONDS ? 1e9 : 1e6;
  const link = file.readUInt32LE(20);
  if (link !== LINK_ETHERNET && link !== LINK_RAW) throw new Error(`pcap link type ${link}.`);
  const datagrams: Datagram[] = [];
  for (let at = 24; at + 16 <= file.length;) {
    const length = file.readUInt32LE(at + 8);
    const time = file.readUInt32LE(at) + file.readUInt32LE(at + 4) / fraction;
    const frame = file.subarray(at + 16, at + 16 + length);
    at += 16 + length;
    if (frame.length < length) break;
    const packet = link === LINK_RAW ? frame : ipOfEthernet(frame);
    const datagram = packet === undefined ? undefined : parseUdp(packet);
    if (datagram !== undefined) datagrams.push({ time, ...datagram });
  }
  return datagrams;
}

function ipOfEthernet(frame: Buffer): Buffer | undefined {
  const isIp = frame.length > ETHERNET_HEADER && frame.readUInt16BE(12) === IPV4;
  return isIp ? frame.subarray(ETHERNET_HEADER) : undefined;
}

function parseUdp(packet: Buffer): Omit<Datagram, 'time'> | undefined {
  if (packet.length < 20 || packet[0]! >> 4 !== 4 || packet[9] !== UDP) return undefined;
  const udp = packet.subarray(4 * (packet[0]! & 0x0f), packet.readUInt16BE(2));
  if (udp.length < 8) return undefined;
  return {
    sourcePort: udp.readUInt16BE(0),
    destinationPort: udp.readUInt16BE(2),
    payload: udp.subarray(8, udp.readUInt16BE(4)),
  };
}

/** A capture with these datagrams on loopback, for SIPp to play: it puts its own addresses in. */
export function writePcap(datagrams: readonly Datagram[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(MAGIC_MICROSECONDS, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0xffff, 16);
  header.writeUInt32LE(LINK_ETHERNET, 20);
  return Buffer.concat([header, ...datagrams.flatMap(record)]);
}

function record(datagram: Datagram): Buffer[] {
  const { time, payload } = datagram;
  const frame = Buffer.alloc(ETHERNET_HEADER + 28);
  frame.writeUInt16BE(IPV4, 12);
  const ip = frame.subarray(ETHERNET_HEADER);
  ip[0] = 0x45;
  ip.writeUInt16BE(28 + payload.length, 2);
  ip[8] = 64;
  ip[9] = UDP;
  ip.set([127, 0, 0, 1, 127, 0, 0, 1], 12);
  ip.writeUInt16BE(datagram.sourcePort, 20);
  ip.writeUInt16BE(datagram.destinationPort, 22);
  ip.writeUInt16BE(8 + payload.length, 24);
  const header = Buffer.alloc(16);
  const seconds = Math.floor(time);
  header.writeUInt32LE(seconds, 0);
  header.writeUInt32LE(Math.round((time - seconds) * 1e6), 4);
  header.writeUInt32LE(frame.length + payload.length, 8);
  header.writeUInt32LE(frame.length + payload.length, 12);
  return [header, frame, payload];
}
