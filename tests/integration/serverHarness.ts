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
import { expect } from 'vitest';

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
      damage: [],
      async *read(start, end) {
        yield AUDIO.subarray(start, end);
      },
    };
  },
  async statements() {
    return {
      consents: { policy: 'notice', consents: [], pauses: [] },
      timeline: { events: [], gaps: [] },
    };
  },
  async exportZip() {
    return (async function* () {
      yield Buffer.from('PK fake');
    })();
  },
  async exportSealedZip() {
    return (async function* () {
      yield Buffer.from('PK sealed fake');
    })();
  },
  async isThere() {
    return true;
  },
  async isOpen() {
    return false;
  },
  async remove() {},
};

/** A real server on free ports of loopback, with a vault of our own. */
export interface Harness {
  url: string;
  logs: string[];
  /** Of the administrator. */
  token: string;
  /** Where the built client would be. */
  clientDir: string;
  dataDir: string;
  /** A call of the REST API as the administrator; give a token to be somebody else. */
  rest(method: string, path: string, body?: unknown, token?: string): Promise<Response>;
  createMeeting(wish?: object): Promise<MeetingView>;
  meet(): Promise<MeetSocket>;
  /** `prepare` sets listeners before it connects: a recorder can be asked at once. */
  gateway(kind: GatewayKind, prepare?: (socket: GatewaySocket) => void): Promise<GatewaySocket>;
  close(): Promise<void>;
}

export interface HarnessOptions {
  /** With a vault that lies in `dataDir`, for a recorder that writes there. */
  realVault?: boolean;
  /** One that is there already, and stays. */
  dataDir?: string;
  /** Settings besides. */
  env?: Record<string, string>;
}

export async function startServer(options: HarnessOptions = {}): Promise<Harness> {
  const { realVault = false, env = {} } = options;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'switchroom-server-')));
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
    ...env,
  });
  const server = await createServer(config, {
    logger: pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) }),
    ...(realVault ? {} : { vault: fakeVault }),
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
    token: adminToken,
    clientDir,
    dataDir,
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
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
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

/** RFC 9457 problem details, which are checked to be whole. */
export async function problem(response: Response): Promise<{ status: number; code: string }> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const body = (await response.json()) as Record<string, string> & { status: number };
  expect(body['type']).toBe(`urn:switchroom:problem:${body['code']}`);
  expect(body.status).toBe(response.status);
  expect(body['title']).not.toBe('');
  expect(body['detail']).not.toBe('');
  return { status: body.status, code: body['code'] ?? '' };
}

export function joinTokenOf(meeting: MeetingView): string {
  return meeting.joinUrl.split('/').at(-1) ?? '';
}
