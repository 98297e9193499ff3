import { recordingPolicySchema } from '@switchroom/protocol';
import type { Database } from '../db/openDatabase.ts';
import { Setting } from '../db/Setting.ts';

/** What holds for all recordings: how long they are kept, who hears them, who deletes them. */
export type RecordingPolicy = Setting<typeof recordingPolicySchema>;

export function openRecordingPolicy(db: Database): Promise<RecordingPolicy> {
  return Setting.open(db, 'recording-policy', recordingPolicySchema);
}
