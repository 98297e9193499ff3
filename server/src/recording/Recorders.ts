import { randomUUID } from 'node:crypto';
import {
  AppError,
  type ConsentPolicy,
  type PausedBy,
  type RecordingStart,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import { SYSTEM, type AuditSource, type AuditTrail } from '../audit/AuditTrail.ts';
import type { Meeting } from '../meetings/MeetingStore.ts';
import type { Rooms } from '../room/Rooms.ts';
import { HeldRecordings, type HeldRecording } from './HeldRecordings.ts';
import type { Recorder } from './Recorder.ts';
import type { RecordingNotes } from './RecordingNotes.ts';
import type { RecordingStore } from './RecordingStore.ts';

export interface ActiveRecording {
  readonly recorder: Recorder;
  /** As it began. */
  readonly consent: ConsentPolicy;
  /** The recording's id, once the recorder has begun. */
  readonly started: Promise<string>;
  id?: string;
}

export interface RecordersOptions {
  rooms: Rooms;
  store: RecordingStore;
  pauses: RecordingNotes<PausedBy>;
  /** age recipient of the vault. */
  recipient: string;
  /** Fingerprint of the key that exports are signed with. */
  exportKey: string;
  trail: AuditTrail;
  logger: Logger;
}

/** The recorders that are connected: asks them to begin and to seal, and writes down what came of it. */
export class Recorders {
  readonly #options: RecordersOptions;
  readonly #logger: Logger;
  readonly #connected = new Set<Recorder>();
  readonly #held = new HeldRecordings((recorder, id) => this.sealHeld(recorder, id));
  /** Being sealed. */
  readonly #stopping = new Set<Promise<void>>();

  constructor(options: RecordersOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ file: 'Recorders' });
  }

  get size(): number {
    return this.#connected.size;
  }

  /** Resolves when every recording that was stopped is sealed, or failed to. */
  async whenSealed(): Promise<void> {
    while (this.#stopping.size > 0) await Promise.all(this.#stopping);
  }

  add(recorder: Recorder): void {
    this.#connected.add(recorder);
  }

  /** It is gone, and what it held with it. False when it was none. */
  remove(recorder: Recorder): boolean {
    this.#held.removeRecorder(recorder);
    return this.#connected.delete(recorder);
  }

  /** It records this already, and goes on when that meeting is to be recorded. */
  hold(recorder: Recorder, held: HeldRecording): void {
    this.#held.add(recorder, held);
  }

  /**
   * Has the one that holds a recording of this meeting go on with it, else the one that has the least to do begin, as
   * where the policy of consent was changed meanwhile; `busy`: one for each recording that runs. Errors: `recorder-unavailable`, when there is none.
   */
  begin(meeting: Meeting, by: AuditSource, busy: readonly Recorder[]): ActiveRecording {
    const { consent } = meeting;
    const held = this.#held.take(meeting.id);
    if (held?.consent === consent) {
      return { consent, recorder: held.recorder, started: this.#resume(held, meeting, by) };
    }
    if (held) this.sealHeld(held.recorder, held.recordingId);
    const recorder = this.#leastOf(busy);
    return { consent, recorder, started: this.#start(recorder, meeting, by) };
  }

  /** Stops and seals in the background; resolves when that is done, or has failed. */
  end(active: ActiveRecording, by: AuditSource): Promise<void> {
    const stopping = this.#seal(active, by).finally(() => this.#stopping.delete(stopping));
    this.#stopping.add(stopping);
    return stopping;
  }

  /** Its recorder is gone: it has failed, unless it is reported otherwise. */
  lose(active: ActiveRecording): void {
    const lose = async (): Promise<void> => {
      const id = await active.started;
      await this.#options.store.fail(id);
      await this.#options.trail.append({ ...entryOn('lost', id), ...SYSTEM, outcome: 'failed' });
    };
    this.#background('lose', lose());
  }

  /** What a recorder records that nobody wants, or another one has taken over. */
  sealHeld(recorder: Recorder, recordingId: string): void {
    this.#logger.info({ recordingId }, 'sealHeld() | recorded elsewhere, or by nobody any more');
    const stopped = { ...entryOn('stopped', recordingId), ...SYSTEM };
    this.#background('seal', this.#options.trail.append(stopped));
    this.#background('seal', recorder.stop(recordingId));
  }

  /** Asks the recorder to begin; gives the id under which it records. */
  async #start(recorder: Recorder, meeting: Meeting, by: AuditSource): Promise<string> {
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
    { recorder, recordingId }: HeldRecording & { recorder: Recorder },
    meeting: Meeting,
    by: AuditSource,
  ): Promise<string> {
    const details = { meetingId: meeting.id };
    await this.#options.trail.append({ ...entryOn('resumed', recordingId), ...by, details });
    await recorder.start(this.#request(recordingId, meeting));
    await this.#options.store.resume(recordingId);
    this.#logger.info({ recordingId, meetingId: meeting.id }, 'resume() | goes on');
    return recordingId;
  }

  #request(recordingId: string, meeting: Meeting): RecordingStart {
    const { id: meetingId, title, consent } = meeting;
    const { recipient, exportKey, rooms, pauses } = this.#options;
    const consents = rooms.get(meetingId)?.recorded.consents ?? [];
    const pausedBy = pauses.of(meetingId) ?? null;
    return { recordingId, meetingId, title, recipient, exportKey, consent, consents, pausedBy };
  }

  async #seal({ recorder, started }: ActiveRecording, by: AuditSource): Promise<void> {
    // One that did not begin has told so already.
    const id = await started.catch(() => undefined);
    if (id === undefined) return;
    this.#background('seal', this.#options.trail.append({ ...entryOn('stopped', id), ...by }));
    try {
      await recorder.stop(id);
      this.#logger.info({ recordingId: id }, 'seal() | sealed');
    } catch (error) {
      // It sealed by itself as the room closed, and reports so.
      if (error instanceof AppError && error.code === 'not-found') return;
      // With the recorder gone it has failed, unless it is reported otherwise.
      if (!this.#connected.has(recorder)) {
        this.#logger.warn({ recordingId: id }, 'seal() | the recorder went before it answered');
      } else {
        this.#logger.error({ err: error, recordingId: id }, 'seal() | not sealed');
      }
      await this.#options.store.fail(id).catch(() => undefined);
    }
  }

  #leastOf(busy: readonly Recorder[]): Recorder {
    const load = (one: Recorder): number => busy.filter((other) => other === one).length;
    const [recorder] = [...this.#connected].sort((a, b) => load(a) - load(b));
    if (!recorder) throw noRecorder();
    return recorder;
  }

  #background(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#logger.warn({ err: error }, `${what}() | failed`));
  }
}

export function noRecorder(): AppError {
  return new AppError('recorder-unavailable', 'No recorder is connected; nothing is recorded.');
}

function entryOn(what: string, id: string) {
  return { action: `recording.${what}`, subject: { type: 'recording', id } };
}
