import {
  AppError,
  failure,
  GATEWAY_NAMESPACE,
  ok,
  PROTOCOL_VERSION,
  type Ack,
  type GatewayConsumerCreated,
  type GatewayHandshake,
  type RecordingStart,
  type RecordingView,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import { io } from 'socket.io-client';
import { RecordingSession } from './RecordingSession.ts';
import { ReportQueue } from './ReportQueue.ts';
import type { GatewaySocket } from './request.ts';
import type { OpenRtpSocket } from './RtpSocket.ts';
import { checkSpace } from './checkSpace.ts';
import type { Disk } from './Disk.ts';
import type { Sealer } from './Sealer.ts';
import type { StateJournal } from './StateJournal.ts';

/** What has come is read, ordered, written and mixed so often. */
const TICK_MS = 100;
/** Without the server for so long, a recording is sealed: its room is gone. */
const ORPHAN_MS = 30_000;

export interface RecorderGatewayOptions {
  /** Where the signaling server is, as in `http://127.0.0.1:3000`. */
  signalingUrl: string;
  serviceToken: string;
  /** Id of this recorder (SignOfLife.ts). */
  recorder: string;
  vaultDirectory: string;
  /** No recording begins with less space left than this, in MB. */
  minFreeMb: number;
  journal: StateJournal;
  sealer: Sealer;
  disk: Disk;
  openSocket: OpenRtpSocket;
  software: string;
  logger: Logger;
  /** ms, monotonic. */
  now: () => number;
}

/** The recorder's end of the `/gateway` namespace: makes a session for each recording asked for. */
export class RecorderGateway {
  /** What the server is told, now or when it is there again. */
  readonly reports: ReportQueue;
  /** Recordings that have ended and could not be sealed; whoever seals them takes them out. */
  readonly unsealed = new Set<string>();
  readonly #options: RecorderGatewayOptions;
  readonly #logger: Logger;
  readonly #socket: GatewaySocket;
  /** By meeting id. */
  readonly #sessions = new Map<string, RecordingSession>();
  /** Recordings that are being opened, by meeting id. */
  readonly #starting = new Map<string, string>();
  /** Runs while anything is recorded: a recorder that stands by wakes nobody up. */
  #timer: NodeJS.Timeout | undefined;
  #lostAt: number | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: RecorderGatewayOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ file: 'RecorderGateway' });
    this.#socket = io(options.signalingUrl + GATEWAY_NAMESPACE, {
      autoConnect: false,
      // Its own connection: two gateways in one process must not share one.
      forceNew: true,
      transports: ['websocket'],
      reconnectionDelay: 250,
      reconnectionDelayMax: 2000,
      // Asked for at each connection: what we record goes on, or another one does by now.
      auth: (tell: (auth: GatewayHandshake) => void) => tell(this.#handshake),
    });
    this.reports = new ReportQueue(this.#socket, this.#logger);
    this.#listen();
  }

  /**
   * Resolves once the server accepted us; it may come up later than we do.
   * Errors: `AppError('unavailable')` after `timeoutMs`, `AppError('forbidden')` when it refuses us.
   */
  async connect(timeoutMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const onConnect = (): void => resolve(undefined);
    const onError = (error: Error): void => {
      // Still active: the server is not there yet, and is tried again.
      if (this.#socket.active) return;
      reject(new AppError('forbidden', `The server refuses the recorder: ${error.message}`));
    };
    const timer = setTimeout(() => {
      const { signalingUrl } = this.#options;
      reject(new AppError('unavailable', `No server answers at ${signalingUrl}.`));
    }, timeoutMs);
    this.#socket.on('connect', onConnect).on('connect_error', onError).connect();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#socket.off('connect', onConnect).off('connect_error', onError);
    }
  }

  /** Whether it is making this recording. */
  has(recordingId: string): boolean {
    const isStarting = [...this.#starting.values()].includes(recordingId);
    return isStarting || this.#sessionOf(recordingId) !== undefined;
  }

  /** Seals all open recordings, tells the server, and disconnects. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  get #handshake(): GatewayHandshake {
    const open = [...this.#sessions.values()].filter(({ closing }) => !closing);
    return {
      ...{ token: this.#options.serviceToken, kind: 'recorder', protocolVersion: PROTOCOL_VERSION },
      recordings: open.map(({ meetingId, recordingId, consent }) => ({
        meetingId,
        recordingId,
        consent,
      })),
    };
  }

  async #close(): Promise<void> {
    await Promise.all(
      [...this.#sessions.values()].map((session) => this.#end(session, 'shutdown')),
    );
    await this.reports.flush();
    this.#socket.disconnect();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('connect', () => this.#connected());
    socket.on('disconnect', (reason) => {
      if (this.#closed !== null) return;
      this.#lostAt = this.#options.now();
      for (const session of this.#sessions.values()) session.serverLost();
      this.#logger.warn({ reason }, 'disconnected');
      // The server closed it on purpose: socket.io does not try again by itself.
      if (reason === 'io server disconnect') socket.connect();
    });
    socket.on('recording:start', (request, ack) => this.#answer(ack, () => this.#start(request)));
    socket.on('recording:stop', ({ recordingId }, ack) =>
      this.#answer(ack, () => this.#stop(recordingId)),
    );
    socket.on('recording:pause', ({ recordingId, by }, ack) =>
      this.#answer(ack, async () => await this.#mustHave(recordingId).pause(by)),
    );
    socket.on('recording:told', ({ recordingId, consents }) =>
      this.#sessionOf(recordingId)?.told(consents),
    );
    socket.on('consumer:created', (news, ack) => this.#answer(ack, () => this.#addConsumer(news)));
    socket.on('consumer:closed', ({ meetingId, consumerId }) =>
      this.#sessions.get(meetingId)?.removeConsumer(consumerId),
    );
    socket.on('participant:joined', ({ meetingId, participant }) =>
      this.#sessions.get(meetingId)?.participantJoined(participant),
    );
    socket.on('participant:updated', ({ meetingId, participant }) =>
      this.#sessions.get(meetingId)?.participantUpdated(participant),
    );
    socket.on('participant:left', ({ meetingId, participantId }) =>
      this.#sessions.get(meetingId)?.participantLeft(participantId),
    );
    socket.on('room:closed', ({ meetingId }) => {
      const session = this.#sessions.get(meetingId);
      if (session !== undefined) void this.#end(session, 'room closed');
    });
  }

  #connected(): void {
    this.#lostAt = null;
    this.#logger.info('connected');
    void this.reports.flush();
    for (const session of this.#sessions.values()) void this.#relink(session);
  }

  async #relink(session: RecordingSession): Promise<void> {
    try {
      await session.link();
    } catch (error) {
      // Without an answer the next connection tries again; a refusal means that the room is gone.
      if (error instanceof AppError) await this.#end(session, error.code);
    }
  }

  #answer(ack: Ack<Record<string, never>>, act: () => Promise<void>): void {
    act().then(
      () => ack(ok({})),
      (error: unknown) => {
        this.#logger.error({ err: error }, 'request failed');
        ack(failure(error));
      },
    );
  }

  async #start(start: RecordingStart): Promise<void> {
    const { meetingId, recordingId } = start;
    if (this.#closed !== null) throw new AppError('unavailable', 'The recorder is shutting down.');
    const former = this.#sessions.get(meetingId);
    if (former?.closing) {
      // The host stopped and starts again: its seal and its leaving the room come first.
      await former.close().catch(() => this.unsealed.add(former.recordingId));
      this.#drop(former);
    }
    if (former && !former.closing && former.recordingId === recordingId) {
      await former.goOn(start);
      return;
    }
    if (this.#sessions.has(meetingId) || this.#starting.has(meetingId)) {
      throw new AppError('conflict', 'The meeting is recorded already.');
    }
    this.#starting.set(meetingId, recordingId);
    try {
      await this.#open(start);
    } finally {
      this.#starting.delete(meetingId);
    }
    this.#logger.info({ recordingId }, 'recording started');
  }

  async #open(start: RecordingStart): Promise<void> {
    const { vaultDirectory, minFreeMb } = this.#options;
    await checkSpace(vaultDirectory, minFreeMb);
    const session = await RecordingSession.open({
      ...{ ...this.#options, start, signaling: this.#socket },
      wallTime: new Date(),
      onChange: (view) => this.#changed(view),
    });
    // Before the room is open: its consumers come at once.
    this.#sessions.set(start.meetingId, session);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    try {
      await session.link();
    } catch (error) {
      this.#drop(session);
      await session.discard();
      throw error;
    }
    this.reports.push(session.view);
  }

  #changed(view: RecordingView): void {
    this.reports.push(view);
    const session = this.#sessions.get(view.meetingId);
    // It ended itself, since a file could not be written.
    if (view.state === 'failed' && session?.recordingId === view.id) {
      void this.#end(session, 'failed');
    }
  }

  async #stop(recordingId: string): Promise<void> {
    const session = this.#mustHave(recordingId);
    try {
      await session.close();
    } catch (error) {
      this.unsealed.add(recordingId);
      throw error;
    } finally {
      this.#drop(session);
    }
    await this.reports.flush();
  }

  #sessionOf(recordingId: string): RecordingSession | undefined {
    return [...this.#sessions.values()].find((one) => one.recordingId === recordingId);
  }

  #mustHave(recordingId: string): RecordingSession {
    const session = this.#sessionOf(recordingId);
    if (session !== undefined) return session;
    throw new AppError('not-found', 'There is no such open recording.');
  }

  async #addConsumer(news: GatewayConsumerCreated): Promise<void> {
    const session = this.#sessions.get(news.meetingId);
    if (session === undefined) throw new AppError('not-found', 'This meeting is not recorded.');
    await session.addConsumer(news);
  }

  /** Seals a recording for a reason of ours; what fails is logged, since nobody asked. */
  async #end(session: RecordingSession, reason: string): Promise<void> {
    const { recordingId } = session;
    try {
      await session.close();
      this.#logger.info({ recordingId, reason }, 'recording sealed');
    } catch (error) {
      this.unsealed.add(recordingId);
      this.#logger.error({ err: error, recordingId, reason }, 'recording not sealed');
    }
    this.#drop(session);
  }

  #drop(session: RecordingSession): void {
    if (this.#sessions.get(session.meetingId) === session) this.#sessions.delete(session.meetingId);
    if (this.#sessions.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const now = this.#options.now();
    for (const session of this.#sessions.values()) {
      session.tick(now);
    }
    this.#options.disk.tick(now);
    if (this.#lostAt === null || now - this.#lostAt < ORPHAN_MS) return;
    this.#lostAt = null;
    for (const session of this.#sessions.values()) void this.#end(session, 'server lost');
  }
}
