import type { JoinedRoom } from '@switchroom/protocol';
import type { Device } from 'mediasoup-client/types';
import type { MediaSession } from './MediaSession.ts';
import { requester, type MeetSocket, type Request } from './MeetSocket.ts';

/** How long we try to come back, or to get in, before we say that the connection is lost, ms. */
export const RECONNECT_FOR_MS = 60_000;
/** Pause before a join is tried again that the server could not serve just now, ms. */
export const RETRY_MS = 2_000;

export interface JoinIntent {
  joinToken: string;
  name: string;
  /** Without it one only listens, and may turn it on later. */
  withMicrophone: boolean;
}

/** One attempt to be in a meeting, from the press of "Join" to the end, reconnects included. */
export class Attempt {
  readonly intent: JoinIntent;
  readonly socket: MeetSocket;
  readonly request: Request;
  /** Settled when the microphone is open, or not wanted. */
  readonly microphoneReady: Promise<unknown>;
  /** What the lobby was entered with, until a host lets us in. */
  lobby: { device: Device; room: JoinedRoom } | undefined;
  session: MediaSession | undefined;
  /** The server has known us, be it in the lobby only. */
  hasJoined = false;
  /** By it we come back after a lost connection, past lobby and lock. */
  resumeToken: string | undefined;
  /** Own mute requests on their way; the server's news about them is older than our state. */
  muteRequests = 0;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: {
    intent: JoinIntent;
    socket: MeetSocket;
    microphoneReady: Promise<unknown>;
  }) {
    this.intent = options.intent;
    this.socket = options.socket;
    this.request = requester(options.socket);
    this.microphoneReady = options.microphoneReady;
  }

  /** Does `action` after a pause; takes the place of what was to be done then. */
  later(action: () => void): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(action, RETRY_MS);
  }

  notLater(): void {
    clearTimeout(this.#retry);
  }

  /** Gives up by `action`, unless `arrived()` comes first. The first call counts. */
  giveUpBy(action: () => void): void {
    this.#deadline ??= setTimeout(action, RECONNECT_FOR_MS);
  }

  arrived(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  /** Lets go of socket, timers and media. */
  close(): void {
    this.arrived();
    this.notLater();
    this.session?.close();
    this.socket.off();
    this.socket.disconnect();
  }
}
