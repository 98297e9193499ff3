import {
  GATEWAY_NAMESPACE,
  PROTOCOL_VERSION,
  unwrap,
  type GatewayClientToServer,
  type GatewayServerToClient,
  type MeetingView,
  type OpenedRoom,
} from '@switchroom/protocol';
import { io, type Socket } from 'socket.io-client';
import type { OpusLoad } from './OpusLoad.ts';

const PATIENCE_MS = 10_000;

/** Somebody in a meeting with a transport of their own, whose sound is a socket of the load. */
export class BenchParticipant {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async join(options: {
    url: string;
    token: string;
    meeting: MeetingView;
    load: OpusLoad;
    /** Of the load's sockets. */
    index: number;
  }): Promise<BenchParticipant> {
    const { url, token, meeting, load, index } = options;
    const socket: Socket<GatewayServerToClient, GatewayClientToServer> = io(
      url + GATEWAY_NAMESPACE,
      {
        ...{ forceNew: true, transports: ['websocket'] },
        auth: { token, kind: 'sip-dialin', protocolVersion: PROTOCOL_VERSION },
      },
    );
    socket.on('consumer:created', (_, ack) => ack({ ok: true, value: {} }));
    const server = socket.timeout(PATIENCE_MS);
    const meetingId = meeting.id;
    const opened: OpenedRoom = unwrap(await server.emitWithAck('room:open', { meetingId }));
    load.aim(index, opened);
    const { transportId, ip } = opened;
    const port = load.ports[index]!;
    unwrap(await server.emitWithAck('transport:connect', { transportId, ip, port }));
    const ssrc = load.ssrc(index, 0);
    const phone = { meetingId, name: `P ${index}`, number: '', ssrc };
    unwrap(await server.emitWithAck('phone:join', phone));
    return new BenchParticipant(socket as unknown as Socket);
  }

  leave(): void {
    this.#socket.disconnect();
  }
}
