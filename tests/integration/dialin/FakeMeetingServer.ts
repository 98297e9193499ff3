import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AppError,
  failure,
  GATEWAY_NAMESPACE,
  gatewayHandshakeSchema,
  gatewayRequests,
  ok,
  type EntrySignal,
  type GatewayRequest,
  type GatewayServerToClient,
  type GatewayTrunk,
  type ParticipantView,
  type TrunksChanged,
} from '@switchroom/protocol';
import { Server, type Socket } from 'socket.io';

export const TOKEN = 'integration-test-token';
export const PIN = '123456';
export const MODERATOR_PIN = '654321';
export const DID = '+15550100';

export const LOOPBACK: GatewayTrunk = {
  id: 'loopback',
  name: 'loopback',
  cidrs: ['127.0.0.0/8'],
  digest: null,
  maxCalls: 1000,
  callsPerSecond: 1000,
  srtp: 'optional',
  clientCertificate: false,
  outbound: null,
};

type Ack = (result: unknown) => void;

/** The gateway namespace of a meeting server with one meeting. Checks all it is sent. It sends no sound. */
export class FakeMeetingServer {
  readonly requests: { event: GatewayRequest; payload: Record<string, unknown> }[] = [];
  /** Called when a DID is asked for, before it is answered. */
  onDid: () => Promise<void> = async () => undefined;
  /** What the meeting is like, and how phones are taken in. */
  entry: EntrySignal = 'none';
  recording = false;
  language = 'en';
  joinsAs: ParticipantView['state'] = 'joined';
  /** While set, this request is refused so. */
  failing: { event: GatewayRequest; code: AppError['code'] } | undefined;
  /** The phones that are in, as others see them, by id. */
  readonly phones = new Map<string, ParticipantView>();
  /** Where phones' Opus is to go; 9 (discard) unless a test listens. */
  sfuPort = 9;
  trunks: TrunksChanged = { trunks: [LOOPBACK], numbers: [DID] };
  #io: Server | undefined;
  #http: HttpServer | undefined;
  #socket: Socket | undefined;
  #port = 0;
  #count = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What was asked, in order; but for the calls' events, which are gathered and come by the clock. */
  get asked(): string[] {
    return this.requests.map(({ event }) => event).filter((event) => event !== 'call:event');
  }

  /** What was asked of this kind, in order. */
  payloads(of: GatewayRequest): Record<string, unknown>[] {
    return this.requests.filter(({ event }) => event === of).map(({ payload }) => payload);
  }

  /** Changes a phone, and tells so. */
  update(participantId: string, change: Partial<ParticipantView>): void {
    const participant = { ...this.phones.get(participantId)!, ...change };
    this.phones.set(participantId, participant);
    this.tell('participant:updated', { meetingId: 'm1', participant });
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
      if (this.failing?.event === event) throw new AppError(this.failing.code, 'refused');
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
        return { number: DID, language: this.language, meetingId: null, entry: this.entry };
      case 'pin:check':
        return this.#checkPin(payload['pin']);
      case 'room:open': {
        const transportId = `t${(this.#count += 1)}`;
        const transport = { transportId, ip: '127.0.0.1', port: this.sfuPort, payloadType: 100 };
        return { ...transport, audioLevelExtensionId: 1 };
      }
      case 'phone:join':
        return this.#join(payload);
      case 'phone:leave':
        this.phones.delete(String(payload['participantId']));
        return {};
      case 'participant:count':
        return { participants: this.phones.size };
      case 'room:toggleLock':
        return { locked: true };
      case 'room:toggleRecording':
        return { recording: (this.recording = !this.recording) };
      case 'room:admitAll':
        return { admitted: 1 };
      default:
        return {};
    }
  }

  #checkPin(pin: unknown): object {
    if (pin !== PIN && pin !== MODERATOR_PIN) throw new AppError('pin-wrong', 'No such PIN.');
    const role = pin === MODERATOR_PIN ? 'host' : 'participant';
    return { meetingId: 'm1', title: 'Meeting', role, entry: this.entry };
  }

  #join({ name, role = 'participant' }: Record<string, unknown>): object {
    const id = `p${(this.#count += 1)}`;
    const participant: ParticipantView = {
      ...{ id, name: String(name), kind: 'phone', audio: 'phone', state: this.joinsAs },
      role: role === 'host' ? 'host' : 'participant',
      ...{ muted: false, handRaised: false, held: false, quality: null, consent: 'none' },
    };
    this.phones.set(id, participant);
    const { entry, recording } = this;
    return { participantId: id, participant, entry, locked: false, recording, paused: false };
  }
}
