import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AppError } from '@switchroom/protocol';
import {
  failure,
  GATEWAY_NAMESPACE,
  gatewayHandshakeSchema,
  gatewayRequests,
  ok,
  type GatewayClientToServer,
  type GatewayHandshake,
  type GatewayServerToClient,
  type ParticipantKind,
  type ParticipantView,
  type RecordingCounts,
  type RecordingView,
  type Result,
  type VaultAlarm,
} from '@switchroom/protocol';
import { Server, type Socket } from 'socket.io';

export const TOKEN = 'a-service-token-for-tests';

type Peer = Socket<GatewayClientToServer, GatewayServerToClient>;

/** The signaling server and its SFU, as far as the recorder sees them: socket.io and one UDP socket. */
export class FakeServer {
  readonly calls: string[] = [];
  readonly reports: RecordingView[] = [];
  readonly counts: RecordingCounts[] = [];
  readonly alarms: VaultAlarm[] = [];
  readonly rtcp: Buffer[] = [];
  /** Set to refuse `room:open` with it. */
  refusal: AppError | null = null;
  transportId = 'transport-1';
  /** Who is there: told as the room is opened, and as they are first heard. */
  people: ParticipantView[] = [];
  /** Where it listens, or did. */
  port = 0;
  #gateway: Peer | null = null;
  #recorderPort = 0;
  readonly #http: HttpServer;
  readonly #io: Server;
  readonly #udp: UdpSocket;

  private constructor(udp: UdpSocket) {
    this.#udp = udp;
    this.#udp.on('message', (datagram) => this.rtcp.push(datagram));
    this.#http = createServer();
    this.#io = new Server(this.#http);
    const namespace = this.#io.of(GATEWAY_NAMESPACE);
    namespace.use((socket, next) => {
      const auth = gatewayHandshakeSchema.safeParse(socket.handshake.auth);
      if (auth.data?.token === TOKEN && auth.data.kind === 'recorder') next();
      else next(new Error('unauthenticated'));
    });
    namespace.on('connection', (socket: Peer) => this.#accept(socket));
  }

  static async open(): Promise<FakeServer> {
    const udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    return new FakeServer(udp);
  }

  async listen(port = 0): Promise<void> {
    this.#http.listen(port, '127.0.0.1');
    await once(this.#http, 'listening');
    this.port = (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get connected(): boolean {
    return this.#gateway?.connected ?? false;
  }

  get gateway(): Peer {
    if (this.#gateway === null) throw new Error('No gateway has connected.');
    return this.#gateway;
  }

  async start(recordingId: string, recipient: string): Promise<Result<unknown>> {
    const request = { recordingId, meetingId: 'm1', title: 'Fake', recipient };
    return await this.gateway.timeout(5000).emitWithAck('recording:start', request);
  }

  async stop(recordingId: string): Promise<Result<unknown>> {
    return await this.gateway.timeout(5000).emitWithAck('recording:stop', { recordingId });
  }

  async consume(name: string, kind: ParticipantKind, ssrc: number): Promise<Result<unknown>> {
    const participant = personOf(name, kind);
    if (!this.people.some(({ id }) => id === participant.id)) this.people.push(participant);
    const news = {
      ...{ meetingId: 'm1', transportId: this.transportId, consumerId: `c-${ssrc}`, ssrc },
      ...{ participant: { id: `p-${name}`, name, kind }, payloadType: 111 },
    };
    return await this.gateway.timeout(5000).emitWithAck('consumer:created', news);
  }

  /** Resolves when the recorder, in this thread, has had its turn to read it. */
  async send(datagram: Buffer): Promise<void> {
    await new Promise((sent) => this.#udp.send(datagram, this.#recorderPort, '127.0.0.1', sent));
    // The first may still come before the loop looks at the sockets.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async close(): Promise<void> {
    this.#udp.close();
    await this.#io.close();
  }

  /** What the gateway said of itself as it connected. */
  get handshake(): GatewayHandshake {
    return gatewayHandshakeSchema.parse(this.gateway.handshake.auth);
  }

  #accept(socket: Peer): void {
    this.#gateway = socket;
    socket.onAny((event: string) => this.calls.push(event));
    socket.on('room:open', (payload, ack) => {
      gatewayRequests['room:open'].parse(payload);
      if (this.refusal !== null) {
        ack(failure(this.refusal));
        return;
      }
      const { port } = this.#udp.address();
      for (const participant of this.people) {
        socket.emit('participant:joined', { meetingId: payload.meetingId, participant });
      }
      ack(
        ok({
          ...{ transportId: this.transportId, ip: '127.0.0.1', port },
          ...{ payloadType: 111, audioLevelExtensionId: 1 },
        }),
      );
    });
    socket.on('transport:connect', (payload, ack) => {
      this.#recorderPort = gatewayRequests['transport:connect'].parse(payload).port;
      ack(ok({}));
    });
    socket.on('room:release', (_, ack) => ack(ok({})));
    socket.on('recording:counts', (payload, ack) => {
      const counts = gatewayRequests['recording:counts'].parse(payload);
      this.counts.push(counts);
      const sent = counts.consumers.map(({ consumerId }) => ({ consumerId, packets: 4711 }));
      ack(ok({ sent }));
    });
    socket.on('vault:alarm', (payload, ack) => {
      this.alarms.push(gatewayRequests['vault:alarm'].parse(payload));
      ack(ok({}));
    });
    socket.on('recording:report', (payload, ack) => {
      this.reports.push(gatewayRequests['recording:report'].parse(payload).recording);
      ack(ok({}));
    });
  }
}

/** Somebody who is in the room, as the recorder is told. */
export function personOf(name: string, kind: ParticipantKind): ParticipantView {
  return {
    ...{ id: `p-${name}`, name, kind, audio: kind, role: 'participant', state: 'joined' },
    ...{ muted: false, handRaised: false, held: false, quality: null, consent: 'none' },
  };
}
