import type {
  AlarmKind,
  ConsentPolicy,
  ErrorCode,
  JoinedRoom,
  JoinPreview,
  LeaveReason,
  RecordingNews,
  RoomState,
} from '@switchroom/protocol';
import { defineStore } from 'pinia';
import { readonly, ref, shallowRef } from 'vue';

/** Where we stand with the meeting; each state has its words on the screen. */
export type Connection =
  | { state: 'idle' }
  | { state: 'connecting' }
  | { state: 'lobby' }
  | { state: 'joined' }
  | { state: 'reconnecting' }
  | { state: 'ended'; reason: LeaveReason; /** Before we were let in. */ fromLobby: boolean }
  | { state: 'refused'; code: ErrorCode };

/** The meeting this tab looks at or is in. */
export const useMeetingStore = defineStore('meeting', () => {
  const connection = shallowRef<Connection>({ state: 'idle' });
  const preview = shallowRef<JoinPreview>();
  const details = shallowRef<JoinedRoom['meeting']>();
  const recording = ref(false);
  const paused = ref(false);
  const consent = ref<ConsentPolicy>('notice');
  const locked = ref(false);
  /** To hosts: what must be seen to. */
  const alarms = shallowRef<readonly AlarmKind[]>([]);
  /** Who asks us to unmute. */
  const unmuteAskedBy = ref<string>();

  function recordingChanged(next: RecordingNews): void {
    recording.value = next.recording;
    paused.value = next.paused;
    consent.value = next.consent;
  }

  function outside(next: Connection): void {
    recording.value = false;
    paused.value = false;
    locked.value = false;
    alarms.value = [];
    unmuteAskedBy.value = undefined;
    connection.value = next;
  }

  return {
    connection: readonly(connection),
    preview: readonly(preview),
    details: readonly(details),
    recording: readonly(recording),
    /** The recording runs, but nothing is written. */
    paused: readonly(paused),
    /** What the meeting asks of those who are recorded. */
    consent: readonly(consent),
    locked: readonly(locked),
    alarms: readonly(alarms),
    unmuteAskedBy: readonly(unmuteAskedBy),
    previewed(next: JoinPreview): void {
      preview.value = next;
    },
    connecting(): void {
      connection.value = { state: 'connecting' };
    },
    /** Accepted, and waiting for a host to let us in. */
    waiting(room: Pick<JoinedRoom, 'meeting'>): void {
      details.value = room.meeting;
      connection.value = { state: 'lobby' };
    },
    joined(
      room: RecordingNews & Pick<RoomState, 'locked' | 'alarms'>,
      meeting: JoinedRoom['meeting'],
    ): void {
      details.value = meeting;
      alarms.value = room.alarms ?? [];
      recordingChanged(room);
      locked.value = room.locked;
      connection.value = { state: 'joined' };
    },
    reconnecting(): void {
      unmuteAskedBy.value = undefined;
      connection.value = { state: 'reconnecting' };
    },
    ended(reason: LeaveReason): void {
      outside({ state: 'ended', reason, fromLobby: connection.value.state === 'lobby' });
    },
    refused(code: ErrorCode): void {
      outside({ state: 'refused', code });
    },
    recordingChanged,
    lockedChanged(next: boolean): void {
      locked.value = next;
    },
    alarmsChanged(next: readonly AlarmKind[]): void {
      alarms.value = next;
    },
    unmuteAsked(by: string | undefined): void {
      unmuteAskedBy.value = by;
    },
    /** Back to before joining; with `forget` also without what is known of the meeting. */
    reset(forget = false): void {
      outside({ state: 'idle' });
      if (!forget) return;
      preview.value = undefined;
      details.value = undefined;
    },
  };
});
