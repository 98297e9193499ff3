import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AppError,
  failure,
  GATEWAY_NAMESPACE,
  gatewayHandshakeSchema,
  gatewayRequests,
  ok,
  type GatewayRequest,
  type GatewayServerToClient,
  type GatewayTrunk,
  type TrunksChanged,
} from '@switchroom/protocol';
import { Server, type Socket } from 'socket.io';

export const TOKEN = 'integration-test-token';
export const PIN = '123456';
export const DID = '+15550100';

export const LOOPBACK: GatewayTrunk = {
  id: 'loopback',
  name: 'loopback',
  cidrs: ['127.0.0.0/8'],
  digest: null,
  maxCalls: 1000,
  callsPerSecond: 1000,
};

type Ack = (result: unknown) => void;

/** The gateway namespace of a meeting server with one meeting and no sound. Checks all it is sent. */
export class FakeMeetingServer {
  readonly requests: { event: GatewayRequest; payload: Record<string, unknown> }[] = [];
  /** Called when a DID is asked for, before it is answered. */
  onDid: () => Promise<void> = async () => undefined;
  trunks: TrunksChanged = { trunks: [LOOPBACK], numbers: [DID] };
  #io: Server | undefined;
  #http: HttpServer | undefined;
  #socket: Socket | undefined;
  #port = 0;
  #count = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get asked(): string[] {
    return this.requests.map(({ event }) => event);
  }

  /** Starts, or starts again on the same port. */
  async start(): Promise<void> {
    const http = createServer();
    await new Promise<void>((resolve) => http.listen(this.#port, '127.0.0.1', resolve));
    this.#http = http;
    this.#port = (http.address() as AddressInfo).port;
    this.#io = new Server(http);
    const namespace = this.#io.of(GATEWAY_NAMESPACE);
    namespace.use((socket, next) => {
      const auth = gatewayHandshakeSchema.safeParse(socket.handshake.auth);
      const good = auth.success && auth.data.token === TOKEN && auth.data.kind === 'sip-dialin';
      next(good ? undefined : new Error('unauthenticated'));
    });
    namespace.on('connection', (socket) => {
      this.#socket = socket;
      socket.emit('trunks:changed', this.trunks);
      for (const event of Object.keys(gatewayRequests) as GatewayRequest[]) {
        socket.on(event, (payload: unknown, ack: Ack) => void this.#handle(event, payload, ack));
      }
    });
  }

  tell<K extends keyof GatewayServerToClient>(
    event: K,
    news: Parameters<GatewayServerToClient[K]>[0],
  ): void {
    this.#socket?.emit(event, news);
  }

  async tellAndWait(event: keyof GatewayServerToClient, news: unknown): Promise<unknown> {
    return this.#socket?.timeout(5_000).emitWithAck(event, news) as Promise<unknown>;
  }

  async stop(): Promise<void> {
    await this.#io?.close();
    this.#http?.closeAllConnections();
  }

  async #handle(event: GatewayRequest, payload: unknown, ack: Ack): Promise<void> {
    try {
      const parsed = gatewayRequests[event].parse(payload) as Record<string, unknown>;
      this.requests.push({ event, payload: parsed });
      ack(ok(await this.#answer(event, parsed)));
    } catch (error) {
      ack(failure(error));
    }
  }

  async #answer(event: GatewayRequest, payload: Record<string, unknown>): Promise<unknown> {
    switch (event) {
      case 'did:resolve':
        await this.onDid();
        if (payload['number'] !== DID) throw new AppError('did-unknown', 'No such number.');
        return { number: DID, language: 'en', meetingId: null };
      case 'pin:check':
        if (payload['pin'] !== PIN) throw new AppError('pin-wrong', 'No such PIN.');
        return { meetingId: 'm1', title: 'Meeting' };
      case 'room:open': {
        const transportId = `t${(this.#count += 1)}`;
        const transport = { transportId, ip: '127.0.0.1', port: 9, payloadType: 100 };
        return { ...transport, audioLevelExtensionId: 1 };
      }
      case 'phone:join': {
        const id = `p${(this.#count += 1)}`;
        const { name } = payload;
        const rest = { role: 'participant', state: 'joined', muted: false, handRaised: false };
        return { participantId: id, participant: { id, name, kind: 'phone', ...rest } };
      }
      default:
        return {};
    }
  }
}
