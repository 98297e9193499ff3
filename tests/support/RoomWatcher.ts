import {
  MEET_NAMESPACE,
  PROTOCOL_VERSION,
  rtpCapabilitiesSchema,
  unwrap,
  type CallView,
  type JoinPreview,
  type MeetClientToServer,
  type MeetingView,
  type MeetServerToClient,
  type ParticipantView,
  type Result,
  type Speaker,
  type JoinedRoom,
} from '@switchroom/protocol';
import { io, type Socket } from 'socket.io-client';
import { ADMIN, type Switchroom } from './Switchroom.ts';

/** The meeting's owner in a browser without a microphone, as far as the socket goes: keeps what it is told. */
export class RoomWatcher {
  /** What was told of calls, in order. */
  readonly calls: CallView[] = [];
  /** Every `room:speakers`. */
  readonly speakers: Speaker[][] = [];
  /** Everybody, as told last. */
  readonly people = new Map<string, ParticipantView>();
  readonly #socket: Socket<MeetServerToClient, MeetClientToServer>;

  private constructor(socket: Socket<MeetServerToClient, MeetClientToServer>) {
    this.#socket = socket;
    socket.on('call:changed', (call) => this.calls.push(call));
    socket.on('room:speakers', ({ speakers }) => this.speakers.push(speakers));
    const note = (person: ParticipantView): void => void this.people.set(person.id, person);
    socket.on('participant:joined', note);
    socket.on('participant:updated', note);
    socket.on('participant:left', ({ participantId }) => this.people.delete(participantId));
  }

  static async join(switchroom: Switchroom, meeting: MeetingView): Promise<RoomWatcher> {
    const joinToken = meeting.joinUrl.split('/').at(-1) ?? '';
    const { rest, url } = switchroom;
    const preview = (await rest.raw('GET', `/join/${joinToken}`)).body as JoinPreview;
    const account = { email: ADMIN.ADMIN_EMAIL, password: ADMIN.ADMIN_PASSWORD };
    const session = (await rest.raw('POST', '/sessions', account)).body as { token: string };
    const socket: Socket<MeetServerToClient, MeetClientToServer> = io(url + MEET_NAMESPACE, {
      auth: { protocolVersion: PROTOCOL_VERSION },
      forceNew: true,
      reconnection: false,
      transports: ['websocket'],
    });
    const watcher = new RoomWatcher(socket);
    const answer = (await socket.timeout(5000).emitWithAck('room:join', {
      joinToken,
      name: 'Owner',
      rtpCapabilities: rtpCapabilitiesSchema.parse(preview.rtpCapabilities),
      sessionToken: session.token,
    })) as Result<JoinedRoom>;
    for (const person of unwrap(answer).participants) watcher.people.set(person.id, person);
    return watcher;
  }

  /** Leaves. Twice is silent. */
  close(): void {
    this.#socket.disconnect();
  }
}
