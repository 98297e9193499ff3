import type { ErrorCode, JoinedRoom, JoinPreview, LeaveReason } from '@switchroom/protocol';
import { defineStore } from 'pinia';
import { readonly, ref, shallowRef } from 'vue';

/** Where we stand with the meeting; each state has its words on the screen. */
export type Connection =
  | { state: 'idle' }
  | { state: 'connecting' }
  | { state: 'joined' }
  | { state: 'reconnecting' }
  | { state: 'ended'; reason: LeaveReason }
  | { state: 'refused'; code: ErrorCode };

/** The meeting this tab looks at or is in. */
export const useMeetingStore = defineStore('meeting', () => {
  const connection = shallowRef<Connection>({ state: 'idle' });
  const preview = shallowRef<JoinPreview>();
  const details = shallowRef<JoinedRoom['meeting']>();
  const recording = ref(false);

  return {
    connection: readonly(connection),
    preview: readonly(preview),
    details: readonly(details),
    recording: readonly(recording),
    previewed(next: JoinPreview): void {
      preview.value = next;
    },
    connecting(): void {
      connection.value = { state: 'connecting' };
    },
    joined(room: Pick<JoinedRoom, 'meeting' | 'recording'>): void {
      details.value = room.meeting;
      recording.value = room.recording;
      connection.value = { state: 'joined' };
    },
    reconnecting(): void {
      connection.value = { state: 'reconnecting' };
    },
    ended(reason: LeaveReason): void {
      recording.value = false;
      connection.value = { state: 'ended', reason };
    },
    refused(code: ErrorCode): void {
      connection.value = { state: 'refused', code };
    },
    recordingChanged(next: boolean): void {
      recording.value = next;
    },
    /** Back to before joining; with `forget` also without what is known of the meeting. */
    reset(forget = false): void {
      connection.value = { state: 'idle' };
      recording.value = false;
      if (!forget) return;
      preview.value = undefined;
      details.value = undefined;
    },
  };
});
