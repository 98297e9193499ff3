import type { RecordingStart } from '@switchroom/protocol';

/** A connected recorder, as RecordingControl needs it. */
export interface Recorder {
  /** Resolves once the first file is open. Errors: any, e.g. no answer in time. */
  start(request: RecordingStart): Promise<void>;
  /** Resolves when everything is on disk and sealed. */
  stop(recordingId: string): Promise<void>;
  /** It does not answer any more: its connection is cut, so that it is as gone. */
  giveUp(): void;
}
