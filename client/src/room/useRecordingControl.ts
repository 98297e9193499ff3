import { AppError, type RecordingAction } from '@switchroom/protocol';
import { computed, shallowRef, type ComputedRef } from 'vue';
import { useRest } from '../injection.ts';
import { useMeetingStore } from '../stores/meeting.ts';
import { useNoticeStore } from '../stores/notices.ts';
import { useParticipantsStore } from '../stores/participants.ts';
import { useSessionStore } from '../stores/session.ts';

/** The host's switch for the recording. The room tells everybody when it took effect. */
export function useRecordingControl(): {
  isOffered: ComputedRef<boolean>;
  isOn: ComputedRef<boolean>;
  /** Whether it can be paused, or goes on. */
  isPausable: ComputedRef<boolean>;
  isPaused: ComputedRef<boolean>;
  toggle: () => Promise<void>;
  togglePause: () => Promise<void>;
} {
  const rest = useRest();
  const meeting = useMeetingStore();
  const notices = useNoticeStore();
  const participants = useParticipantsStore();
  const session = useSessionStore();
  const busy = shallowRef(false);

  const isOn = computed(() => meeting.recording);
  const isPaused = computed(() => meeting.paused);
  const isOurs = computed(() => participants.self?.role === 'host' && session.token !== undefined);
  const isOffered = computed(() => isOurs.value && meeting.preview?.recording === 'on-demand');
  const isPausable = computed(() => isOurs.value && isOn.value);

  async function order(action: RecordingAction): Promise<void> {
    const { token } = session;
    const { details } = meeting;
    if (busy.value || token === undefined || details === undefined) return;
    busy.value = true;
    try {
      await rest.setRecording(details.id, action, token);
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      // Of that a bar tells, with the way back.
      if (code !== 'unauthenticated') notices.show({ about: 'error', code });
    } finally {
      busy.value = false;
    }
  }

  return {
    ...{ isOffered, isOn, isPausable, isPaused },
    toggle: () => order(isOn.value ? 'stop' : 'start'),
    togglePause: () => order(isPaused.value ? 'resume' : 'pause'),
  };
}
