import { randomUUID } from 'node:crypto';
import { AppError, type RecordingStart, type RecordingView } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { Alarms } from '../alarms/Alarms.ts';
import { SYSTEM, type AuditSource, type AuditTrail } from '../audit/AuditTrail.ts';
import type { Meeting, MeetingStore } from '../meetings/MeetingStore.ts';
import type { Room } from '../room/Room.ts';
import type { Rooms } from '../room/Rooms.ts';
import { HeldRecordings, type HeldRecording } from './HeldRecordings.ts';
import { ConsentReporter } from './ConsentReporter.ts';
import { PauseControl } from './PauseControl.ts';
import type { Pauses } from './Pauses.ts';
import type { Recorder } from './Recorder.ts';
import type { CompletenessLedger } from './ledger/CompletenessLedger.ts';
import { RecordingAlarms } from './RecordingAlarms.ts';
import type { RecordingStore } from './RecordingStore.ts';

interface ActiveRecording {
  readonly recorder: Recorder;
  /** The recording's id, once the recorder has begun. */
  readonly started: Promise<string>;
  id?: string;
}

export interface RecordingControlOptions {
  rooms: Rooms;
  meetings: MeetingStore;
  store: RecordingStore;
  pauses: Pauses;
  /** age recipient of the vault. */
  recipient: string;
  /** Fingerprint of the key that exports are signed with. */
  exportKey: string;
  trail: AuditTrail;
  alarms: Alarms;
  ledger: CompletenessLedger;
  logger: Logger;
}

/** After no recorder could begin, ms. */
const RETRY_MS = 5_000;
/** A recorder that dies is replaced within this; the room is told only if it is not, ms. */
const REPLACED_MS = 3_000;

/** Decides when a meeting is recorded, tells a recorder, and keeps the database true. */
export class RecordingControl {
  readonly pausing: PauseControl;
  readonly #options: RecordingControlOptions;
  readonly #logger: Logger;
  readonly #recorders = new Set<Recorder>();
  /** By meeting. */
  readonly #active = new Map<string, ActiveRecording>();
  /** What a host said by hand; it holds until the room closes. */
  readonly #wishes = new Map<string, { action: 'start' | 'stop'; by: AuditSource }>();
  readonly #held = new HeldRecordings((recorder, id) => this.#sealHeld(recorder, id));
  /** By meeting: when to try again. */
  readonly #retries = new Map<string, NodeJS.Timeout>();
  readonly #alarms: RecordingAlarms;
  /** Being sealed. */
  readonly #stopping = new Set<Promise<void>>();

  constructor(options: RecordingControlOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ file: 'RecordingControl' });
    this.#alarms = new RecordingAlarms(options.alarms);
    const running = (meetingId: string) => this.#active.get(meetingId);
    this.pausing = new PauseControl({ ...options, running });
    const reporter = new ConsentReporter({ ...options, running });
    options.rooms.events.on('opened', (room) => {
      reporter.watch(room);
      this.#watch(room);
    });
  }

  get ledger(): CompletenessLedger {
    return this.#options.ledger;
  }

  /** Resolves when every recording that was stopped is sealed, or failed to. */
  async whenSealed(): Promise<void> {
    while (this.#stopping.size > 0) await Promise.all(this.#stopping);
  }

  /** `held`: what it records already, since it outlived its connection or the server. */
  addRecorder(recorder: Recorder, held: readonly HeldRecording[] = []): void {
    this.#recorders.add(recorder);
    for (const one of held) this.#found(recorder, one);
    for (const room of this.#options.rooms.all()) this.#consider(room);
  }

  /** It is gone: what it recorded has failed unless it reported otherwise; another one goes on. */
  removeRecorder(recorder: Recorder): void {
    if (!this.#recorders.delete(recorder)) return;
    this.#held.removeRecorder(recorder);
    for (const [meetingId, active] of [...this.#active]) {
      if (active.recorder !== recorder) continue;
      this.#active.delete(meetingId);
      this.ledger.end(active.id);
      this.#lose(active);
      const room = this.#options.rooms.get(meetingId);
      if (room) this.#replace(room);
    }
  }

  /**
   * Records the meeting from now on, or as soon as somebody is in it. Twice is silent.
   * Errors: `recording-off`, `recorder-unavailable`.
   */
  async start(meeting: Meeting, by: AuditSource): Promise<void> {
    if (meeting.recording === 'off') {
      throw new AppError('recording-off', 'This meeting may not be recorded.');
    }
    if (this.#recorders.size === 0) throw noRecorder();
    this.#wishes.set(meeting.id, { action: 'start', by });
    // Of a recording that has ended.
    if (!this.#active.has(meeting.id)) await this.#options.pauses.clear(meeting.id);
    const room = this.#options.rooms.get(meeting.id);
    if (!room || room.size === 0) return;
    try {
      await this.#begin(room, meeting, by);
    } catch (error) {
      // The host was told no: it must not begin later, unasked.
      this.#wishes.delete(meeting.id);
      throw error;
    }
  }

  /** Stops and seals. Silent when nothing is recorded. */
  async stop(meeting: Meeting, by: AuditSource): Promise<void> {
    if (this.#options.rooms.get(meeting.id)) this.#wishes.set(meeting.id, { action: 'stop', by });
    else this.#wishes.delete(meeting.id);
    this.#alarms.settled(meeting.id);
    this.#end(meeting.id, by);
    await this.#options.pauses.clear(meeting.id);
  }

  /** The owner set another policy, which may be the same. */
  policyChanged({ id, recording }: Meeting): void {
    const room = this.#options.rooms.get(id);
    if (recording === 'off') {
      this.#alarms.settled(id);
      this.#end(id);
      this.#background('end', this.#options.pauses.clear(id));
    } else if (room) {
      this.#consider(room);
    }
  }

  /** What the recorder tells. Errors: `not-found`. */
  async report(view: RecordingView): Promise<void> {
    await this.#options.store.report(view);
    if (view.state === 'recording' || this.#active.get(view.meetingId)?.id !== view.id) return;
    this.#active.delete(view.meetingId);
    this.ledger.end(view.id);
    const room = this.#options.rooms.get(view.meetingId);
    if (!room) return;
    const failed = view.state === 'failed';
    // What fails as soon as it begins would go on so for ever.
    if (failed && (view.durationMs ?? 0) > RETRY_MS) {
      this.#replace(room);
    } else {
      room.setRecording(false);
      if (failed) this.#considerAgain(room);
    }
  }

  #lose(active: ActiveRecording): void {
    const lose = async (): Promise<void> => {
      const id = await active.started;
      await this.#options.store.fail(id);
      await this.#options.trail.append({ ...entryOn('lost', id), ...SYSTEM, outcome: 'failed' });
    };
    this.#background('lose', lose());
  }

  /** It goes on with it, unless another recorder took over meanwhile, or it is not wanted any more. */
  #found(recorder: Recorder, held: HeldRecording): void {
    const isOver = this.#wishes.get(held.meetingId)?.action === 'stop';
    if (!isOver && !this.#active.has(held.meetingId)) this.#held.add(recorder, held);
    else this.#sealHeld(recorder, held.recordingId);
  }

  #sealHeld(recorder: Recorder, recordingId: string): void {
    this.#logger.info({ recordingId }, 'sealHeld() | recorded elsewhere, or by nobody any more');
    const stopped = { ...entryOn('stopped', recordingId), ...SYSTEM };
    this.#background('seal', this.#options.trail.append(stopped));
    this.#background('seal', recorder.stop(recordingId));
  }

  /** Another recorder goes on; who is in the room is told that none does only when that takes long. */
  #replace(room: Room): void {
    const { meetingId } = room;
    this.#consider(room);
    const timer = setTimeout(() => {
      if (this.#active.get(meetingId)?.id === undefined) room.setRecording(false);
    }, REPLACED_MS);
    room.events.once('closed', () => clearTimeout(timer));
  }

  #watch(room: Room): void {
    const { pauses } = this.#options;
    this.#background('keep', pauses.keep(room.meetingId));
    room.events.on('joined', () => this.#consider(room));
    // Whoever waits in the lobby is nobody to record.
    room.events.on('emptied', () => this.#end(room.meetingId));
    room.events.once('closed', (reason) => {
      const isOver = reason === 'meeting-ended';
      const ended = isOver ? pauses.clear(room.meetingId) : pauses.roomClosed(room.meetingId);
      this.#background('end', ended);
      this.#wishes.delete(room.meetingId);
      clearTimeout(this.#retries.get(room.meetingId));
      this.#retries.delete(room.meetingId);
      this.#alarms.settled(room.meetingId);
      this.#end(room.meetingId);
    });
  }

  /** Begins if policy or wish say so; what goes wrong is for the log, since nobody waits. */
  #consider(room: Room): void {
    const { meetingId } = room;
    if (room.size === 0 || this.#active.has(meetingId)) return;
    const wish = this.#wishes.get(meetingId);
    if (wish?.action === 'stop') return;
    const decide = async (): Promise<void> => {
      const meeting = await this.#options.meetings.byId(meetingId);
      if (!meeting || meeting.recording === 'off') return;
      if (wish || meeting.recording === 'always') this.#alarms.wanted(meetingId);
      if (wish) await this.#begin(room, meeting, wish.by);
      else if (meeting.recording === 'always') await this.#begin(room, meeting, SYSTEM);
    };
    this.#background(
      'begin',
      decide().catch((error: unknown) => {
        this.#considerAgain(room);
        throw error;
      }),
    );
  }

  /** A meeting that must be recorded is not given up for one failure. */
  #considerAgain(room: Room): void {
    const { meetingId } = room;
    if (room.closed || this.#retries.has(meetingId) || this.#recorders.size === 0) return;
    const timer = setTimeout(() => {
      this.#retries.delete(meetingId);
      this.#consider(room);
    }, RETRY_MS);
    this.#retries.set(meetingId, timer);
  }

  async #begin(room: Room, meeting: Meeting, by: AuditSource): Promise<void> {
    if (room.closed) return;
    await room.recorded.expect();
    let active = this.#active.get(meeting.id);
    if (!active) {
      const held = this.#held.take(meeting.id);
      const recorder = held?.recorder ?? this.#leastBusy();
      const started = held
        ? this.#resume(held.recorder, held.recordingId, meeting, by)
        : this.#startOn(recorder, meeting, by);
      active = { recorder, started };
      this.#active.set(meeting.id, active);
    }
    try {
      active.id = await active.started;
    } catch (error) {
      if (this.#active.get(meeting.id) === active) this.#active.delete(meeting.id);
      this.#alarms.failed(meeting.id, error);
      room.setRecording(false);
      // It says what the host can do about it.
      if (error instanceof AppError && error.code === 'storage-full') throw error;
      throw new AppError('recorder-unavailable', 'The recorder could not begin; try again.', {
        cause: error,
      });
    }
    if (this.#active.get(meeting.id) !== active) return;
    this.#alarms.settled(meeting.id);
    const { id, recorder } = active;
    this.ledger.begin(id, meeting.id, () => recorder.giveUp());
    room.recorded.setPaused(this.#options.pauses.of(meeting.id) !== undefined);
    room.setRecording(true);
  }

  /** Asks the recorder to begin; gives the id under which it records. */
  async #startOn(recorder: Recorder, meeting: Meeting, by: AuditSource): Promise<string> {
    const recordingId = randomUUID();
    const startedAt = new Date().toISOString();
    const recording = { id: recordingId, meetingId: meeting.id, startedAt };
    const started = {
      ...entryOn('started', recordingId),
      ...by,
      details: { meetingId: meeting.id },
    };
    // Before a recorder is asked: what nobody can look up is not recorded.
    await this.#options.store.insert(recording, (db) => this.#options.trail.append(started, db));
    try {
      await recorder.start(this.#request(recordingId, meeting));
      this.#logger.info({ recordingId, meetingId: meeting.id }, 'start() | recording');
      return recordingId;
    } catch (error) {
      if (!(error instanceof AppError)) {
        // No answer: it may have begun all the same.
        await this.#options.store.fail(recordingId);
        throw error;
      }
      await this.#options.store.remove(recordingId);
      const details = { ...started.details, code: error.code };
      await this.#options.trail.append({ ...started, outcome: 'failed', details });
      throw error;
    }
  }

  /** A recorder that outlived its connection, or the server, has gone on recording. */
  async #resume(
    recorder: Recorder,
    recordingId: string,
    meeting: Meeting,
    by: AuditSource,
  ): Promise<string> {
    const details = { meetingId: meeting.id };
    await this.#options.trail.append({ ...entryOn('resumed', recordingId), ...by, details });
    await recorder.start(this.#request(recordingId, meeting));
    await this.#options.store.resume(recordingId);
    this.#logger.info({ recordingId, meetingId: meeting.id }, 'start() | goes on');
    return recordingId;
  }

  #request(recordingId: string, meeting: Meeting): RecordingStart {
    const { id: meetingId, title, consent } = meeting;
    const { recipient, exportKey, rooms, pauses } = this.#options;
    const consents = rooms.get(meetingId)?.recorded.consents ?? [];
    const pausedBy = pauses.of(meetingId) ?? null;
    return { recordingId, meetingId, title, recipient, exportKey, consent, consents, pausedBy };
  }

  #end(meetingId: string, by: AuditSource = SYSTEM): void {
    const active = this.#active.get(meetingId);
    if (!active) return;
    this.#active.delete(meetingId);
    this.ledger.end(active.id);
    this.#options.rooms.get(meetingId)?.setRecording(false);
    const stopping = this.#seal(active, by).finally(() => this.#stopping.delete(stopping));
    this.#stopping.add(stopping);
  }

  async #seal({ recorder, started }: ActiveRecording, by: AuditSource): Promise<void> {
    // One that did not begin has told so already.
    const id = await started.catch(() => undefined);
    if (id === undefined) return;
    this.#background('seal', this.#options.trail.append({ ...entryOn('stopped', id), ...by }));
    try {
      await recorder.stop(id);
      this.#logger.info({ recordingId: id }, 'stop() | sealed');
    } catch (error) {
      // It sealed by itself as the room closed, and reports so.
      if (error instanceof AppError && error.code === 'not-found') return;
      this.#logger.error({ err: error, recordingId: id }, 'stop() | not sealed');
      await this.#options.store.fail(id).catch(() => undefined);
    }
  }

  #leastBusy(): Recorder {
    const busy = [...this.#active.values()].map(({ recorder }) => recorder);
    const load = (one: Recorder): number => busy.filter((other) => other === one).length;
    const [recorder] = [...this.#recorders].sort((a, b) => load(a) - load(b));
    if (!recorder) throw noRecorder();
    return recorder;
  }

  #background(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#logger.warn({ err: error }, `${what}() | failed`));
  }
}

function noRecorder(): AppError {
  return new AppError('recorder-unavailable', 'No recorder is connected; nothing is recorded.');
}

function entryOn(what: string, id: string) {
  return { action: `recording.${what}`, subject: { type: 'recording', id } };
}
