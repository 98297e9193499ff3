import { AppError, type RecordingView } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { Alarms } from '../alarms/Alarms.ts';
import { SYSTEM, type AuditSource } from '../audit/AuditTrail.ts';
import type { Meeting, MeetingStore } from '../meetings/MeetingStore.ts';
import type { Room } from '../room/Room.ts';
import { ConsentReporter } from './ConsentReporter.ts';
import type { HeldRecording } from './HeldRecordings.ts';
import { PauseControl } from './PauseControl.ts';
import type { Recorder } from './Recorder.ts';
import { noRecorder, Recorders, type ActiveRecording, type RecordersOptions } from './Recorders.ts';
import type { CompletenessLedger } from './ledger/CompletenessLedger.ts';
import { RecordingAlarms } from './RecordingAlarms.ts';
import type { RecordingNotes } from './RecordingNotes.ts';

export interface RecordingControlOptions extends RecordersOptions {
  meetings: MeetingStore;
  alarms: Alarms;
  ledger: CompletenessLedger;
  wishes: RecordingNotes<RecordingWish>;
}

/** What a host said by hand. It holds as long as anybody is in the meeting, or may come back to it. */
export interface RecordingWish {
  readonly action: 'start' | 'stop';
  readonly by: AuditSource;
}

/** After no recorder could begin, ms. */
const RETRY_MS = 5_000;
/**
 * A room without its recorder for longer than this is told that it is not recorded, ms. Not sooner: another one is
 * there within seconds, and a phone is out of the conversation while it hears of an end and of the next beginning.
 */
const TOLD_AFTER_MS = 10_000;

/** Decides when a meeting is recorded, and tells its room. */
export class RecordingControl {
  readonly pausing: PauseControl;
  readonly #options: RecordingControlOptions;
  readonly #logger: Logger;
  readonly #recorders: Recorders;
  /** By meeting. */
  readonly #active = new Map<string, ActiveRecording>();
  /** By meeting: when to try again. */
  readonly #retries = new Map<string, NodeJS.Timeout>();
  readonly #alarms: RecordingAlarms;

  constructor(options: RecordingControlOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ file: 'RecordingControl' });
    this.#recorders = new Recorders(options);
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
  whenSealed(): Promise<void> {
    return this.#recorders.whenSealed();
  }

  /** `held`: what it records already, since it outlived its connection or the server. */
  addRecorder(recorder: Recorder, held: readonly HeldRecording[] = []): void {
    this.#recorders.add(recorder);
    for (const one of held) this.#found(recorder, one);
    for (const room of this.#options.rooms.all()) this.#consider(room);
  }

  /** It is gone: what it recorded has failed unless it reported otherwise; another one goes on. */
  removeRecorder(recorder: Recorder): void {
    if (!this.#recorders.remove(recorder)) return;
    for (const [meetingId, active] of [...this.#active]) {
      if (active.recorder !== recorder) continue;
      this.#active.delete(meetingId);
      this.ledger.end(active.id);
      this.#recorders.lose(active);
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
    const { pauses, rooms, wishes } = this.#options;
    try {
      await wishes.set(meeting.id, { action: 'start', by });
      // Of a recording that has ended.
      if (!this.#active.has(meeting.id)) await pauses.clear(meeting.id);
      const room = rooms.get(meeting.id);
      if (room && room.size > 0) await this.#begin(room, meeting, by);
    } catch (error) {
      // The host was told no: it must not begin later, unasked.
      await wishes.clear(meeting.id);
      throw error;
    }
  }

  /** Stops and seals. Silent when nothing is recorded. */
  async stop(meeting: Meeting, by: AuditSource): Promise<void> {
    const { pauses, rooms, wishes } = this.#options;
    const isLive = rooms.get(meeting.id) !== undefined;
    const noted = isLive
      ? wishes.set(meeting.id, { action: 'stop', by })
      : wishes.clear(meeting.id);
    this.#alarms.settled(meeting.id);
    void this.#end(meeting.id, by);
    await Promise.all([noted, pauses.clear(meeting.id)]);
  }

  /**
   * A recording has one policy of consent, which its manifest states: one under another than the meeting's is ended by whoever
   * changed that. Resolves when nothing is written to it any more.
   */
  async endOther({ id, consent }: Meeting, by: AuditSource): Promise<void> {
    const active = this.#active.get(id);
    if (active && active.consent !== consent) await this.#end(id, by);
  }

  /** The owner set another policy, which may be the same. */
  policyChanged({ id, recording }: Meeting): void {
    const room = this.#options.rooms.get(id);
    if (recording === 'off') {
      this.#alarms.settled(id);
      void this.#end(id);
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

  /** It goes on with it, unless another recorder took over meanwhile, or it is not wanted any more. */
  #found(recorder: Recorder, held: HeldRecording): void {
    const isOver = this.#options.wishes.of(held.meetingId)?.action === 'stop';
    if (!isOver && !this.#active.has(held.meetingId)) this.#recorders.hold(recorder, held);
    else this.#recorders.sealHeld(recorder, held.recordingId);
  }

  /** Another recorder goes on; who is in the room is told that none does only when that takes long. */
  #replace(room: Room): void {
    const { meetingId } = room;
    this.#consider(room);
    const timer = setTimeout(() => {
      if (this.#active.get(meetingId)?.id === undefined) room.setRecording(false);
    }, TOLD_AFTER_MS);
    room.events.once('closed', () => clearTimeout(timer));
  }

  #watch(room: Room): void {
    const { meetingId } = room;
    const { pauses, rooms, wishes } = this.#options;
    for (const notes of [pauses, wishes]) this.#background('keep', notes.keep(meetingId));
    room.events.on('joined', () => this.#consider(room));
    // Whoever waits in the lobby is nobody to record.
    room.events.on('emptied', () => void this.#end(meetingId));
    room.events.once('closed', (reason) => {
      const isOver = reason === 'meeting-ended';
      const noted = (notes: RecordingNotes<object>, isGone: boolean): void =>
        this.#background('end', isGone ? notes.clear(meetingId) : notes.roomClosed(meetingId));
      noted(pauses, isOver);
      noted(wishes, isOver || !rooms.isAwaited(meetingId));
      clearTimeout(this.#retries.get(meetingId));
      this.#retries.delete(meetingId);
      this.#alarms.settled(meetingId);
      void this.#end(meetingId);
    });
  }

  /** Begins if policy or wish say so; what goes wrong is for the log, since nobody waits. */
  #consider(room: Room): void {
    const { meetingId } = room;
    if (room.size === 0 || this.#active.has(meetingId)) return;
    const wish = this.#options.wishes.of(meetingId);
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
      const busy = [...this.#active.values()].map(({ recorder }) => recorder);
      active = this.#recorders.begin(meeting, by, busy);
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

  async #end(meetingId: string, by: AuditSource = SYSTEM): Promise<void> {
    const active = this.#active.get(meetingId);
    if (!active) return;
    this.#active.delete(meetingId);
    this.ledger.end(active.id);
    this.#options.rooms.get(meetingId)?.setRecording(false);
    await this.#recorders.end(active, by);
  }

  #background(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#logger.warn({ err: error }, `${what}() | failed`));
  }
}
