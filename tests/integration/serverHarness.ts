import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AppError,
  GATEWAY_NAMESPACE,
  MEET_NAMESPACE,
  parseConfig,
  PROTOCOL_VERSION,
  unwrap,
  type GatewayClientToServer,
  type GatewayKind,
  type GatewayPayload,
  type GatewayRequest,
  type GatewayResults,
  type GatewayServerToClient,
  type MeetClientToServer,
  type MeetingView,
  type MeetPayload,
  type MeetRequest,
  type MeetResults,
  type MeetServerToClient,
  type Result,
} from '@switchroom/protocol';
import type { Vault } from '@switchroom/recordings/vault';
import { createServer } from '@switchroom/server';
import { pino } from 'pino';
import { io, type Socket } from 'socket.io-client';

export const SERVICE_TOKEN = 'integration-service-token';
export const ADMIN = { email: 'admin@example.org', password: 'correct horse battery' };

export type MeetSocket = Socket<MeetServerToClient, MeetClientToServer>;
export type GatewaySocket = Socket<GatewayServerToClient, GatewayClientToServer>;

/** Bytes that count up, so that a range of them can be recognised. */
export const AUDIO = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

const fakeVault: Vault = {
  async openAudio(_recordingId, trackId) {
    if (trackId === 'unwritten') throw new AppError('not-found', 'No such track.');
    return {
      size: AUDIO.length,
      async *read(start, end) {
        yield AUDIO.subarray(start, end);
      },
    };
  },
  async exportZip() {
    return (async function* () {
      yield Buffer.from('PK fake');
    })();
  },
};

/** A real server on free ports of loopback, with a vault of our own. */
export interface Harness {
  url: string;
  logs: string[];
  /** Where the built client would be. */
  clientDir: string;
  /** A call of the REST API as the administrator; give a token to be somebody else. */
  rest(method: string, path: string, body?: unknown, token?: string): Promise<Response>;
  createMeeting(wish?: object): Promise<MeetingView>;
  meet(): Promise<MeetSocket>;
  /** `prepare` sets listeners before it connects: a recorder can be asked at once. */
  gateway(kind: GatewayKind, prepare?: (socket: GatewaySocket) => void): Promise<GatewaySocket>;
  close(): Promise<void>;
}

export async function startServer(): Promise<Harness> {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchroom-server-'));
  const clientDir = join(dataDir, 'client');
  const logs: string[] = [];
  const config = parseConfig({
    HTTP_PORT: '0',
    RTC_PORT: '0',
    RTC_WORKERS: '1',
    DATA_DIR: dataDir,
    SERVICE_TOKEN,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
  });
  const server = await createServer(config, {
    logger: pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) }),
    vault: fakeVault,
    vaultKeys: { recipient: 'age1test', identity: 'unused' },
    clientDir,
  });
  const sockets: Socket[] = [];
  const connect = async (
    namespace: string,
    auth: object,
    prepare?: (socket: Socket) => void,
  ): Promise<Socket> => {
    const socket = io(server.url + namespace, {
      auth,
      forceNew: true,
      reconnection: false,
      transports: ['websocket'],
    });
    sockets.push(socket);
    prepare?.(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return socket;
  };

  const signIn = await fetch(`${server.url}/api/v1/sessions`, {
    method: 'POST',
    body: JSON.stringify(ADMIN),
  });
  const { token: adminToken } = (await signIn.json()) as { token: string };
  const rest: Harness['rest'] = (method, path, body, token = adminToken) =>
    fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    url: server.url,
    logs,
    clientDir,
    rest,
    createMeeting: async (wish = {}) =>
      (await (await rest('POST', '/meetings', wish)).json()) as MeetingView,
    meet: () => connect(MEET_NAMESPACE, { protocolVersion: PROTOCOL_VERSION }),
    gateway: (kind, prepare) =>
      connect(
        GATEWAY_NAMESPACE,
        { token: SERVICE_TOKEN, kind, protocolVersion: PROTOCOL_VERSION },
        prepare,
      ),
    async close() {
      for (const socket of sockets) socket.disconnect();
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

interface Untyped {
  emitWithAck(event: string, payload: unknown): Promise<unknown>;
}

/** A request as it comes, with whatever payload. */
export async function ask(
  socket: Socket,
  event: string,
  payload: unknown,
): Promise<Result<unknown>> {
  const untyped = socket.timeout(5000) as unknown as Untyped;
  return (await untyped.emitWithAck(event, payload)) as Result<unknown>;
}

export async function askMeet<K extends MeetRequest>(
  socket: MeetSocket,
  event: K,
  payload: MeetPayload<K>,
): Promise<MeetResults[K]> {
  return unwrap(await ask(socket as unknown as Socket, event, payload)) as MeetResults[K];
}

export async function askGateway<K extends GatewayRequest>(
  socket: GatewaySocket,
  event: K,
  payload: GatewayPayload<K>,
): Promise<GatewayResults[K]> {
  return unwrap(await ask(socket as unknown as Socket, event, payload)) as GatewayResults[K];
}

/** The next news of this name; its payload. */
export async function next<T>(socket: Pick<Socket, 'once'>, event: string): Promise<T> {
  return new Promise((resolve) => {
    socket.once(event, (news: T) => resolve(news));
  });
}

export function joinTokenOf(meeting: MeetingView): string {
  return meeting.joinUrl.split('/').at(-1) ?? '';
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
