import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import type { MeetingView, OpenedRoom } from '@switchroom/protocol';
import { askGateway, type GatewaySocket } from './serverHarness.ts';

export const SSRC = 0xcafe_0001;
/** A valid Opus packet: TOC of 20 ms SILK wideband mono (RFC 6716 section 3.1), then anything. */
export const OPUS = Buffer.from([0x48, 1, 2, 3, 4, 5, 6, 7]);

/**
 * A gateway in a room, that takes every stream it is offered. `heard`: the payloads of all RTP packets that
 * come, as text.
 */
export function enterListening(gateway: GatewaySocket, meeting: Pick<MeetingView, 'id'>) {
  // Before it enters: the first offer comes right behind the answer to its `transport:connect`.
  gateway.on('consumer:created', (_news, ack) => ack({ ok: true, value: {} }));
  return enter(gateway, meeting);
}

/** A gateway in a room, with its socket connected; `heard` as above, of what it takes. */
export async function enter(gateway: GatewaySocket, meeting: Pick<MeetingView, 'id'>) {
  const socket = await udp();
  const heard: string[] = [];
  socket.on('message', (packet) => {
    const rtp = parseRtp(packet);
    if (rtp) heard.push(rtp.payload.toString());
  });
  const opened = await askGateway(gateway, 'room:open', { meetingId: meeting.id });
  await askGateway(gateway, 'transport:connect', {
    transportId: opened.transportId,
    ip: '127.0.0.1',
    port: socket.port,
  });
  return { socket, opened, heard };
}

interface Voice {
  ssrc: number;
  payload: Buffer;
}

/** Sends a packet each 10 ms, as a phone that speaks, until it is told to stop. */
export function speak(
  socket: Awaited<ReturnType<typeof udp>>,
  opened: OpenedRoom,
  { ssrc, payload }: Voice = { ssrc: SSRC, payload: OPUS },
): () => void {
  const { payloadType, audioLevelExtensionId: extensionId } = opened;
  let sequence = 1000;
  const timer = setInterval(() => {
    sequence += 1;
    const packet = rtpPacket({ payloadType, sequence, ssrc, extensionId, payload });
    socket.send(packet, opened.port, opened.ip);
  }, 10);
  return () => clearInterval(timer);
}

/** Speaks until `done` settles. */
export async function speakUntil<T>(
  socket: Awaited<ReturnType<typeof udp>>,
  opened: OpenedRoom,
  done: Promise<T>,
): Promise<T> {
  const stop = speak(socket, opened);
  try {
    return await done;
  } finally {
    stop();
  }
}

/** A UDP socket of a gateway. */
export async function udp(): Promise<UdpSocket & { port: number }> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return Object.assign(socket, { port: socket.address().port });
}

/** An RTP packet (RFC 3550 section 5.1) with the RFC 6464 level in a one-byte header extension. */
export function rtpPacket(options: {
  payloadType: number;
  sequence: number;
  ssrc: number;
  extensionId: number;
  payload: Uint8Array;
}): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x90;
  header[1] = options.payloadType;
  header.writeUInt16BE(options.sequence, 2);
  header.writeUInt32BE(options.sequence * 960, 4);
  header.writeUInt32BE(options.ssrc, 8);
  header.writeUInt16BE(0xbede, 12);
  header.writeUInt16BE(1, 14);
  // Voice, at -20 dBov.
  header[16] = options.extensionId << 4;
  header[17] = 0x80 | 20;
  return Buffer.concat([header, options.payload]);
}

/** What can be read of an RTP packet; RTCP gives `undefined`. */
export function parseRtp(
  packet: Buffer,
): { payloadType: number; ssrc: number; payload: Buffer } | undefined {
  const type = packet[1]! & 0x7f;
  if (type >= 64 && type <= 95) return undefined;
  const hasExtension = (packet[0]! & 0x10) !== 0;
  const start = 12 + (hasExtension ? 4 + 4 * packet.readUInt16BE(14) : 0);
  return { payloadType: type, ssrc: packet.readUInt32BE(8), payload: packet.subarray(start) };
}
