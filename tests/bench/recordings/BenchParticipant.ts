import { GATEWAY_NAMESPACE, PROTOCOL_VERSION, type MeetingView } from '@switchroom/protocol';
import { io } from 'socket.io-client';
import { request, type GatewaySocket } from '../../../recordings/src/recorder/request.ts';
import type { OpusLoad } from './OpusLoad.ts';

/** Somebody in a meeting with a transport of their own, whose sound is a socket of the load. */
export class BenchParticipant {
  readonly #socket: GatewaySocket;

  private constructor(socket: GatewaySocket) {
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
    const socket: GatewaySocket = io(url + GATEWAY_NAMESPACE, {
      ...{ forceNew: true, transports: ['websocket'] },
      auth: { token, kind: 'sip-dialin', protocolVersion: PROTOCOL_VERSION },
    });
    socket.on('consumer:created', (_, ack) => ack({ ok: true, value: {} }));
    const meetingId = meeting.id;
    const opened = await request(socket, 'room:open', { meetingId });
    load.aim(index, opened);
    const { transportId, ip } = opened;
    const port = load.ports[index]!;
    await request(socket, 'transport:connect', { transportId, ip, port });
    const ssrc = load.ssrc(index, 0);
    const phone = { meetingId, name: `P ${index}`, number: '', ssrc };
    await request(socket, 'phone:join', phone);
    return new BenchParticipant(socket);
  }

  leave(): void {
    this.#socket.disconnect();
  }
}
