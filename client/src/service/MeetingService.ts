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
} from '@switchroom/protocol';
import type { Device } from 'mediasoup-client/types';
import { readonly, shallowRef, type ShallowRef } from 'vue';
import type { Stores } from '../stores/stores.ts';
import { codeOfDevice, PASSING, RETURNING, type Attempt, type JoinIntent } from './attempt.ts';
import { bindRoomNews } from './bindRoomNews.ts';
import { MediaSession, type RemoteTrack } from './MediaSession.ts';
import { requester, send, type MeetSocket } from './MeetSocket.ts';
import type { Microphone } from './Microphone.ts';

/** How long we try to come back, or to get in, before we say that the connection is lost, ms. */
export const RECONNECT_FOR_MS = 60_000;
/** Pause before a join is tried again that the server could not serve just now, ms. */
export const RETRY_MS = 2_000;

interface Options {
  connect: () => MeetSocket;
  createDevice: () => Promise<Device>;
  microphone: Microphone;
  stores: Stores;
}

/** Owns the socket and the media of the meeting this tab is in, and feeds the stores. */
export class MeetingService {
  readonly #options: Options;
  readonly #remoteTracks = shallowRef<readonly RemoteTrack[]>([]);
  #device: Promise<Device> | undefined;
  #attempt: Attempt | undefined;

  constructor(options: Options) {
    this.#options = options;
    const { microphone, stores } = options;
    microphone.onReplaced = (track, why) => {
      // What the user chose needs no telling, and before the room there is nobody to be heard by.
      if (why === 'lost' && this.#attempt !== undefined) {
        stores.notices.show({ about: 'microphone-changed' });
      }
      void this.#produce(track);
    };
    microphone.onLost = (problem) => {
      stores.notices.show({ about: 'microphone', problem });
      void this.setMuted(true);
    };
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
    const socket = connect();
    const attempt: Attempt = {
      intent,
      socket,
      request: requester(socket),
      microphoneReady,
      session: undefined,
      hasJoined: false,
      deadline: undefined,
      retry: undefined,
      muteRequests: 0,
    };
    this.#attempt = attempt;
    stores.microphone.setMuted(!intent.withMicrophone);
    this.#bind(attempt);
    try {
      await microphoneReady;
    } catch (error) {
      if (this.#attempt === attempt) this.#release();
      throw error;
    }
    if (this.#attempt === attempt && stores.meeting.connection.state !== 'joined') {
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

  /** Takes effect here at once. An unmute that the server refuses is taken back. */
  async setMuted(muted: boolean): Promise<void> {
    const { stores } = this.#options;
    const attempt = this.#attempt;
    stores.microphone.setMuted(muted);
    attempt?.session?.setMuted(muted);
    if (attempt?.session === undefined) return;
    attempt.muteRequests += 1;
    try {
      await attempt.request('participant:setMuted', { muted });
      stores.participants.changeSelf({ muted });
    } catch (error) {
      // While reconnecting it is told with the next join.
      if (attempt !== this.#attempt || !attempt.socket.connected) return;
      if (!muted && stores.microphone.muted === muted) this.#muteHere(attempt);
      stores.notices.show({ about: 'error', code: failure(error).code });
    } finally {
      attempt.muteRequests -= 1;
    }
  }

  /** From listening only to speaking. Throws a `MicrophoneError`. */
  async turnOnMicrophone(): Promise<void> {
    const track = await this.#options.microphone.open();
    this.#options.stores.microphone.setMuted(false);
    await this.#produce(track);
    await this.setMuted(this.#options.stores.microphone.muted);
  }

  async setHandRaised(handRaised: boolean): Promise<void> {
    const { meeting, notices, participants } = this.#options.stores;
    if (meeting.connection.state === 'reconnecting') {
      // It is told with the next join, as mute is.
      participants.changeSelf({ handRaised });
      return;
    }
    try {
      await this.#attempt?.request('participant:setHandRaised', { handRaised });
      participants.changeSelf({ handRaised });
    } catch (error) {
      notices.show({ about: 'error', code: failure(error).code });
    }
  }

  #bind(attempt: Attempt): void {
    const { socket } = attempt;
    const { meeting, notices, participants } = this.#options.stores;
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
      meeting,
      participants,
      onMuted: () => {
        if (attempt.muteRequests > 0 || this.#options.stores.microphone.muted) return;
        this.#muteHere(attempt);
        notices.show({ about: 'muted-by-host' });
      },
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
    clearTimeout(attempt.retry);
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
    const { joinToken, name } = attempt.intent;
    const sessionToken = this.#options.stores.session.token;
    send(
      attempt.socket,
      'room:join',
      {
        joinToken,
        name,
        rtpCapabilities: device.recvRtpCapabilities,
        ...(sessionToken === undefined ? {} : { sessionToken }),
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
    const { meeting, participants, microphone } = this.#options.stores;
    const room = result.value;
    clearTimeout(attempt.deadline);
    attempt.deadline = undefined;
    attempt.hasJoined = true;
    attempt.session?.close();
    attempt.session = new MediaSession({
      device,
      room,
      request: attempt.request,
      onTracks: (tracks) => {
        this.#remoteTracks.value = tracks;
      },
      onFailed: () => this.#end('media-failed'),
    });
    // The server knows a browser that comes back as a new participant.
    const hadRaisedHand = participants.self?.handRaised === true;
    participants.entered(room.participantId, room.participants);
    meeting.joined(room);
    if (hadRaisedHand) void this.setHandRaised(true);
    const track = this.#options.microphone.track;
    if (track !== undefined) void this.#produce(track);
    if (microphone.muted) void this.setMuted(true);
  }

  async #produce(track: MediaStreamTrack): Promise<void> {
    const attempt = this.#attempt;
    const session = attempt?.session;
    if (session === undefined) return;
    const { microphone, notices, participants } = this.#options.stores;
    try {
      await session.produce(track, microphone.muted);
      if (attempt?.session === session) participants.changeSelf({ muted: microphone.muted });
    } catch (error) {
      if (attempt === this.#attempt && attempt?.session === session) {
        notices.show({ about: 'error', code: failure(error).code });
      }
    }
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
      this.#later(attempt, () => attempt.socket.connect());
    }
  }

  #outOfRoom(attempt: Attempt): void {
    const { meeting, participants } = this.#options.stores;
    attempt.session?.close();
    attempt.session = undefined;
    participants.speaking([]);
    if (attempt.hasJoined) meeting.reconnecting();
    if (attempt.deadline === undefined) this.#armDeadline(attempt);
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
    this.#later(attempt, () => {
      if (attempt.socket.connected) void this.#enter(attempt);
      else attempt.socket.connect();
    });
  }

  #later(attempt: Attempt, action: () => void): void {
    clearTimeout(attempt.retry);
    attempt.retry = setTimeout(action, RETRY_MS);
  }

  #armDeadline(attempt: Attempt): void {
    attempt.deadline = setTimeout(() => {
      if (attempt.hasJoined) this.#end('connection-lost');
      else this.#refused(attempt, 'unavailable');
    }, RECONNECT_FOR_MS);
  }

  #muteHere(attempt: Attempt): void {
    this.#options.stores.microphone.setMuted(true);
    attempt.session?.setMuted(true);
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
    clearTimeout(attempt.deadline);
    clearTimeout(attempt.retry);
    attempt.session?.close();
    attempt.socket.off();
    attempt.socket.disconnect();
    this.#options.stores.participants.clear();
    this.#options.stores.notices.dismiss();
  }
}
