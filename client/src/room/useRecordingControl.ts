import { AppError } from '@switchroom/protocol';
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
  toggle: () => Promise<void>;
} {
  const rest = useRest();
  const meeting = useMeetingStore();
  const notices = useNoticeStore();
  const participants = useParticipantsStore();
  const session = useSessionStore();
  const busy = shallowRef(false);

  const isOn = computed(() => meeting.recording);
  const isOffered = computed(
    () =>
      participants.self?.role === 'host' &&
      session.token !== undefined &&
      meeting.preview?.recording === 'on-demand',
  );

  async function toggle(): Promise<void> {
    const { token } = session;
    const { details } = meeting;
    if (busy.value || token === undefined || details === undefined) return;
    busy.value = true;
    try {
      await rest.setRecording(details.id, isOn.value ? 'stop' : 'start', token);
    } catch (error) {
      notices.show({ about: 'error', code: error instanceof AppError ? error.code : 'internal' });
    } finally {
      busy.value = false;
    }
  }

  return { isOffered, isOn, toggle };
}
