import type { ConsentPolicy } from '@switchroom/protocol';
import type { Recorder } from './Recorder.ts';

/** A recording that a recorder has on its hands, though the server did not ask it, or lost it since. */
export interface HeldRecording {
  meetingId: string;
  recordingId: string;
  /** By which it began. */
  consent: ConsentPolicy;
}

interface Entry extends HeldRecording {
  recorder: Recorder;
  timer: NodeJS.Timeout;
}

/** A recorder that outlived the server goes on so long for those who have yet to come back, ms. */
const HELD_MS = 30_000;

/** What recorders recorded already when they connected, until it is asked for again or its time is over. */
export class HeldRecordings {
  /** By meeting. */
  readonly #entries = new Map<string, Entry>();
  readonly #onOver: (recorder: Recorder, recordingId: string) => void;

  /** `onOver`: nobody asked for it; it is held no more. */
  constructor(onOver: (recorder: Recorder, recordingId: string) => void) {
    this.#onOver = onOver;
  }

  /** In the place of another one of that meeting, which is over. */
  add(recorder: Recorder, held: HeldRecording): void {
    const { meetingId } = held;
    this.#end(meetingId);
    const timer = setTimeout(() => this.#end(meetingId), HELD_MS);
    this.#entries.set(meetingId, { ...held, recorder, timer });
  }

  /** Undefined when there is none of this meeting. */
  take(meetingId: string): (HeldRecording & { recorder: Recorder }) | undefined {
    const entry = this.#entries.get(meetingId);
    clearTimeout(entry?.timer);
    this.#entries.delete(meetingId);
    return entry;
  }

  /** It is gone, and what it held with it. */
  removeRecorder(recorder: Recorder): void {
    for (const entry of this.#entries.values()) {
      if (entry.recorder === recorder) this.take(entry.meetingId);
    }
  }

  #end(meetingId: string): void {
    const entry = this.take(meetingId);
    if (entry) this.#onOver(entry.recorder, entry.recordingId);
  }
}
