import { AppError, type PausedBy } from '@switchroom/protocol';
import type { AuditSource, AuditTrail } from '../audit/AuditTrail.ts';
import type { Room } from '../room/Room.ts';
import type { Rooms } from '../room/Rooms.ts';
import type { Recorder } from './Recorder.ts';
import type { RecordingNotes } from './RecordingNotes.ts';

interface Running {
  readonly recorder: Recorder;
  readonly started: Promise<string>;
}

export interface PauseControlOptions {
  /** Who paused it. */
  pauses: RecordingNotes<PausedBy>;
  rooms: Rooms;
  trail: AuditTrail;
  /** The recording of a meeting, while one runs or begins. */
  running: (meetingId: string) => Running | undefined;
}

/** Pauses recordings and lets them go on. Both are done once the recorder has said so. */
export class PauseControl {
  readonly #options: PauseControlOptions;

  constructor(options: PauseControlOptions) {
    this.#options = options;
  }

  /** Nothing is written from now on. Twice is silent. Errors: `conflict`, `recorder-unavailable`. */
  async pause(meetingId: string, by: AuditSource): Promise<void> {
    const { pauses } = this.#options;
    if (pauses.of(meetingId) && this.#room(meetingId).recorded.news.paused) return;
    const { running, id } = await this.#mustRun(meetingId);
    // First of all: whichever recorder goes on with this meeting, it begins paused.
    const { kind, id: actorId, name } = by.actor;
    await pauses.set(meetingId, { kind, id: actorId, name });
    try {
      await running.recorder.pause(id, pauses.of(meetingId) ?? null);
    } catch (error) {
      // One that is gone writes nothing, and the next one has been told.
      if (this.#options.running(meetingId) !== running) return;
      await pauses.clear(meetingId);
      throw unanswered(error);
    }
    await this.#done('paused', meetingId, id, by);
  }

  /** Everything is written again. Silent when it is not paused. Errors: `conflict`, `recorder-unavailable`. */
  async resume(meetingId: string, by: AuditSource): Promise<void> {
    const { pauses } = this.#options;
    if (!pauses.of(meetingId)) return;
    const { running, id } = await this.#mustRun(meetingId);
    try {
      await running.recorder.pause(id, null);
    } catch (error) {
      throw unanswered(error);
    }
    await pauses.clear(meetingId);
    await this.#done('unpaused', meetingId, id, by);
  }

  async toggle(meetingId: string, by: AuditSource): Promise<void> {
    const isPaused = this.#options.pauses.of(meetingId) !== undefined;
    await (isPaused ? this.resume(meetingId, by) : this.pause(meetingId, by));
  }

  async #done(what: 'paused' | 'unpaused', meetingId: string, id: string, by: AuditSource) {
    this.#options.rooms.get(meetingId)?.recorded.setPaused(what === 'paused');
    const subject = { type: 'recording', id };
    await this.#options.trail.append({ ...by, action: `recording.${what}`, subject });
  }

  async #mustRun(meetingId: string): Promise<{ running: Running; id: string }> {
    const running = this.#options.running(meetingId);
    const id = await running?.started.catch(() => undefined);
    // It may have ended while it began.
    if (running && id !== undefined && this.#options.running(meetingId) === running) {
      return { running, id };
    }
    throw new AppError('conflict', 'Nothing is recorded now.');
  }

  #room(meetingId: string): Room {
    const room = this.#options.rooms.get(meetingId);
    if (room) return room;
    throw new AppError('conflict', 'Nobody is in the meeting.');
  }
}

function unanswered(cause: unknown): AppError {
  return new AppError('recorder-unavailable', 'The recorder did not answer; try again.', { cause });
}
