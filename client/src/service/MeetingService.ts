import {
  AppError,
  failure,
  type Ack,
  type ConsumerCreated,
  type ErrorCode,
  type JoinedRoom,
  type JoinPreview,
  type LeaveReason,
  type Result,
  type RoomState,
} from '@switchroom/protocol';
import type { Device } from 'mediasoup-client/types';
import { readonly, shallowRef, type ShallowRef } from 'vue';
import type { Stores } from '../stores/stores.ts';
import { asking } from './asking.ts';
import { Attempt, type JoinIntent } from './Attempt.ts';
import { bindRoomNews } from './bindRoomNews.ts';
import { useBrowserId } from './browserId.ts';
import { Calls } from './Calls.ts';
import { Consent } from './Consent.ts';
import { HostControls } from './HostControls.ts';
import { keepSeat, takeSeat } from './keptSeat.ts';
import { MediaSession, type RemoteTrack } from './MediaSession.ts';
import { send, type MeetSocket } from './MeetSocket.ts';
import type { Microphone } from './Microphone.ts';
import { OwnVoice } from './OwnVoice.ts';
import { codeOfDevice, PASSING, RETURNING } from './refusals.ts';

interface Options {
  connect: () => MeetSocket;
  createDevice: () => Promise<Device>;
  microphone: Microphone;
  stores: Stores;
}

/** Owns the socket and the media of the meeting this tab is in, and feeds the stores. */
export class MeetingService {
  readonly host: HostControls;
  readonly calls: Calls;
  readonly consent: Consent;
  readonly voice: OwnVoice;
  readonly #options: Options;
  readonly #browserId = useBrowserId();
  readonly #remoteTracks = shallowRef<readonly RemoteTrack[]>([]);
  #device: Promise<Device> | undefined;
  #attempt: Attempt | undefined;

  constructor(options: Options) {
    this.#options = options;
    const { microphone, stores } = options;
    const attempt = (): Attempt | undefined => this.#attempt;
    const { request, ask } = asking({ attempt, notices: stores.notices });
    this.host = new HostControls(ask);
    this.consent = new Consent({ request, ask });
    this.calls = new Calls({ request, ask, store: stores.calls });
    this.voice = new OwnVoice({ microphone, stores, attempt, ask });
  }

  /** What there is to hear; one <audio> element each. */
  get remoteTracks(): Readonly<ShallowRef<readonly RemoteTrack[]>> {
    return readonly(this.#remoteTracks);
  }

  get microphone(): Microphone {
    return this.#options.microphone;
  }

  /** Loads the Device before the user joins, so that joining needs no round trip for it. */
  prepare(preview: Pick<JoinPreview, 'rtpCapabilities'>): void {
    const device = this.#options.createDevice().then(async (one) => {
      await one.load({ routerRtpCapabilities: preview.rtpCapabilities });
      return one;
    });
    device.catch(() => undefined); // Told by join(), which awaits it.
    this.#device = device;
  }

  /** Throws a `MicrophoneError` and stays outside; all else is told through the meeting store. */
  async join(intent: JoinIntent): Promise<void> {
    this.#release();
    const { microphone, stores, connect } = this.#options;
    if (!intent.withMicrophone) microphone.close();
    const microphoneReady = intent.withMicrophone ? microphone.open() : Promise.resolve();
    const attempt = new Attempt({ intent, socket: connect(), microphoneReady });
    attempt.resumeToken = takeSeat(intent.joinToken);
    this.#attempt = attempt;
    stores.microphone.setMuted(!intent.withMicrophone);
    this.#bind(attempt);
    try {
      await microphoneReady;
    } catch (error) {
      if (this.#attempt === attempt) this.#release();
      throw error;
    }
    if (this.#attempt === attempt && !attempt.hasJoined) {
      stores.meeting.connecting();
      this.#armDeadline(attempt);
    }
  }

  leave(): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    if (attempt.socket.connected) send(attempt.socket, 'room:leave', {}, () => undefined);
    this.#end('left');
  }

  /** Comes in anew, to the same seat, as who is signed in by now. */
  comeBack(): void {
    const attempt = this.#attempt;
    if (attempt?.hasJoined !== true) return;
    attempt.socket.disconnect();
    attempt.socket.connect();
  }

  /** The page goes, for good or to be loaded anew, which nobody tells: a lost connection, with our seat kept for who comes back. */
  pageHides(): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    keepSeat(attempt.intent.joinToken, attempt.resumeToken);
    this.#end('left');
  }

  #bind(attempt: Attempt): void {
    const { socket } = attempt;
    const { calls, meeting, participants } = this.#options.stores;
    socket.on('connect', () => void this.#enter(attempt));
    socket.on('disconnect', (reason) => this.#disconnected(attempt, reason));
    socket.on('connect_error', (error: Error & { data?: { code?: ErrorCode } }) => {
      // `active` means that socket.io tries again by itself; otherwise the server said no.
      if (this.#attempt === attempt && !socket.active) {
        this.#refused(attempt, error.data?.code ?? 'unavailable');
      }
    });
    socket.on('consumer:created', (news, ack) => void this.#consume(attempt, news, ack));
    socket.on('consumer:closed', ({ consumerId }) => attempt.session?.consumerClosed(consumerId));
    bindRoomNews(socket, {
      calls,
      meeting,
      participants,
      onMuted: () => this.voice.mutedByServer(attempt),
      onMoved: (to) => this.voice.moved(to),
      onAdmitted: (room) => this.#admitted(attempt, room),
      onOut: (reason) => {
        if (this.#attempt !== attempt) return;
        if (!RETURNING.has(reason)) {
          this.#end(reason);
          return;
        }
        // The socket is still there: nobody but us asks to come back.
        this.#outOfRoom(attempt);
        this.#enterLater(attempt);
      },
    });
  }

  async #enter(attempt: Attempt): Promise<void> {
    // The connection may come back before the retry: joining twice would be a conflict.
    attempt.notLater();
    let device: Device;
    try {
      await attempt.microphoneReady;
      if (this.#device === undefined) throw new AppError('internal', 'prepare() comes first.');
      device = await this.#device;
    } catch (error) {
      // A missing microphone is told by join(); a browser without WebRTC is told here.
      if (this.#attempt === attempt) this.#refused(attempt, codeOfDevice(error));
      return;
    }
    if (this.#attempt !== attempt || !attempt.socket.connected) return;
    const { participants, session } = this.#options.stores;
    const { joinToken } = attempt.intent;
    // Renamed in the meeting, and lost: they come back by the new name.
    const name = participants.self?.name ?? attempt.intent.name;
    const sessionToken = session.token;
    send(
      attempt.socket,
      'room:join',
      {
        joinToken,
        name,
        rtpCapabilities: device.recvRtpCapabilities,
        browserId: this.#browserId,
        ...(sessionToken === undefined ? {} : { sessionToken }),
        ...(attempt.resumeToken === undefined ? {} : { resumeToken: attempt.resumeToken }),
      },
      (result) => this.#joinAnswered(attempt, device, result),
    );
  }

  /** Runs inside the acknowledgement, so that no news of the room comes before it. */
  #joinAnswered(attempt: Attempt, device: Device, result: Result<JoinedRoom>): void {
    if (this.#attempt !== attempt || !attempt.socket.connected) return;
    if (!result.ok) {
      this.#refused(attempt, result.code);
      return;
    }
    const { meeting, participants } = this.#options.stores;
    const room = result.value;
    attempt.arrived();
    attempt.hasJoined = true;
    const self = room.participants.find((one) => one.id === room.participantId);
    if (self?.state !== 'lobby') {
      this.#inRoom(attempt, device, room, room);
      return;
    }
    attempt.lobby = { device, room };
    participants.entered(room.participantId, room.participants);
    meeting.waiting(room);
  }

  #admitted(attempt: Attempt, state: RoomState): void {
    if (this.#attempt !== attempt || attempt.lobby === undefined) return;
    const { device, room } = attempt.lobby;
    this.#inRoom(attempt, device, room, state);
  }

  /** With media only from here on: in the lobby nothing is heard, in either direction. */
  #inRoom(attempt: Attempt, device: Device, joined: JoinedRoom, state: RoomState): void {
    const { calls, meeting, participants } = this.#options.stores;
    attempt.lobby = undefined;
    attempt.resumeToken = state.resumeToken ?? undefined;
    attempt.session?.close();
    attempt.session = new MediaSession({
      device,
      room: joined,
      request: attempt.request,
      onTracks: (tracks) => {
        this.#remoteTracks.value = tracks;
      },
      onFailed: () => this.#end('media-failed'),
    });
    const handRaised = participants.self?.handRaised === true;
    participants.entered(joined.participantId, state.participants);
    calls.entered(state.calls);
    meeting.joined(state, joined.meeting);
    this.voice.entered(handRaised);
  }

  async #consume(
    attempt: Attempt,
    news: ConsumerCreated,
    ack: Ack<Record<string, never>>,
  ): Promise<void> {
    try {
      if (attempt.session === undefined) throw new AppError('conflict', 'Not joined.');
      await attempt.session.consume(news);
      ack({ ok: true, value: {} });
    } catch (error) {
      ack(failure(error));
    }
  }

  #disconnected(attempt: Attempt, reason: string): void {
    if (this.#attempt !== attempt) return;
    this.#outOfRoom(attempt);
    // After this reason alone socket.io does not reconnect by itself.
    if (reason === 'io server disconnect') {
      attempt.later(() => attempt.socket.connect());
    }
  }

  #outOfRoom(attempt: Attempt): void {
    const { meeting, participants } = this.#options.stores;
    attempt.session?.close();
    attempt.session = undefined;
    participants.speaking([]);
    if (attempt.lobby !== undefined) meeting.connecting();
    else if (attempt.hasJoined) meeting.reconnecting();
    attempt.lobby = undefined;
    this.#armDeadline(attempt);
  }

  #refused(attempt: Attempt, code: ErrorCode): void {
    if (code === 'meeting-ended') {
      this.#end('meeting-ended');
    } else if (attempt.hasJoined && PASSING.has(code)) {
      this.#enterLater(attempt);
    } else {
      this.#release();
      this.#options.microphone.close();
      this.#options.stores.meeting.refused(code);
    }
  }

  #enterLater(attempt: Attempt): void {
    attempt.later(() => {
      if (attempt.socket.connected) void this.#enter(attempt);
      else attempt.socket.connect();
    });
  }

  #armDeadline(attempt: Attempt): void {
    attempt.giveUpBy(() => {
      if (attempt.hasJoined) this.#end('connection-lost');
      else this.#refused(attempt, 'unavailable');
    });
  }

  #end(reason: LeaveReason): void {
    this.#release();
    this.#options.microphone.close();
    this.#options.stores.meeting.ended(reason);
  }

  /** Lets go of socket, timers and media; the microphone stays as it is. */
  #release(): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    if (attempt === undefined) return;
    attempt.close();
    this.voice.left();
    const { calls, notices, participants } = this.#options.stores;
    calls.clear();
    participants.clear();
    notices.dismiss();
  }
}
