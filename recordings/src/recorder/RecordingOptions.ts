import type { RecordingStart, RecordingView } from '@switchroom/protocol';
import type { Disk } from './Disk.ts';
import type { Sealer } from './Sealer.ts';
import type { StateJournal } from './StateJournal.ts';

export interface RecordingOptions {
  vaultDirectory: string;
  start: RecordingStart;
  /** Id of the recorder that makes it (SignOfLife.ts). */
  recorder: string;
  journal: StateJournal;
  sealer: Sealer;
  disk: Disk;
  /** Name and version of the program, for the manifest. */
  software: string;
  /** The same instant on the monotonic clock (ms) and on the wall. */
  now: number;
  wallTime: Date;
  /** Told whenever `view` changed. */
  onChange: (view: RecordingView) => void;
}
