import type { Server as HttpServer } from 'node:http';
import {
  AppError,
  GATEWAY_KINDS,
  GATEWAY_NAMESPACE,
  MEET_NAMESPACE,
  type GatewayClientToServer,
  type GatewayKind,
  type GatewayServerToClient,
  type MeetClientToServer,
  type MeetServerToClient,
} from '@switchroom/protocol';
import { Server, type DefaultEventsMap, type Namespace } from 'socket.io';
import { serveGateway } from './gateway/serveGateway.ts';
import type { GatewayDeps } from './gateway/GatewaySession.ts';
import {
  checkGatewayHandshake,
  checkMeetHandshake,
  handshake,
  type GatewayIntroduction,
} from './handshake.ts';
import { serveMeet } from './meet/serveMeet.ts';
import type { MeetDeps } from './meet/MeetSession.ts';

export type SignalingDeps = MeetDeps & GatewayDeps;

/**
 * The largest message, in bytes: a recorder's report of some 1,500 tracks. Browsers send a few
 * kilobytes at most.
 */
const MAX_MESSAGE_BYTES = 256 * 1024;
/** Time to join a namespace after connecting, in ms. */
const CONNECT_TIMEOUT_MS = 10_000;

/** The socket.io server: browsers on `/meet`, gateways on `/gateway`, nobody elsewhere. */
export class Signaling {
  readonly #io: Server;
  readonly #gateways = new Map<GatewayKind, number>(GATEWAY_KINDS.map((kind) => [kind, 0]));

  constructor(httpServer: HttpServer, serviceToken: string, deps: SignalingDeps) {
    const logger = deps.logger.child({ file: 'Signaling' });
    this.#io = new Server(httpServer, {
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      connectTimeout: CONNECT_TIMEOUT_MS,
    });
    this.#io.use(
      handshake(() => {
        throw new AppError('not-found', 'There is nothing on this namespace.');
      }),
    );
    const meet = this.#io.of(MEET_NAMESPACE) as Namespace<MeetClientToServer, MeetServerToClient>;
    meet
      .use(handshake((auth) => checkMeetHandshake(auth)))
      .on('connection', (socket) => serveMeet(socket, { ...deps, logger }));
    const gateway = this.#io.of(GATEWAY_NAMESPACE) as Namespace<
      GatewayClientToServer,
      GatewayServerToClient,
      DefaultEventsMap,
      { gateway?: GatewayIntroduction }
    >;
    gateway
      .use(
        handshake(
          (
            auth,
            socket: { handshake: { auth: unknown }; data: { gateway?: GatewayIntroduction } },
          ) => {
            socket.data.gateway = checkGatewayHandshake(auth, serviceToken);
          },
        ),
      )
      .on('connection', (socket) => {
        const { gateway: introduction } = socket.data;
        if (introduction === undefined) return;
        const { kind } = introduction;
        this.#count(kind, 1);
        socket.on('disconnect', () => this.#count(kind, -1));
        serveGateway(socket, introduction, { ...deps, logger });
      });
  }

  /** How many gateways of each kind are connected. */
  get gateways(): Record<GatewayKind, number> {
    return Object.fromEntries(this.#gateways) as Record<GatewayKind, number>;
  }

  /** Disconnects everybody, and closes the HTTP server with it. Twice is silent. */
  async close(): Promise<void> {
    await this.#io.close();
  }

  #count(kind: GatewayKind, change: 1 | -1): void {
    this.#gateways.set(kind, (this.#gateways.get(kind) ?? 0) + change);
  }
}
