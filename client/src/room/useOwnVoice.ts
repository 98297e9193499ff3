import { computed, type ComputedRef } from 'vue';
import { useMeetingService } from '../injection.ts';
import { useMicrophoneStore } from '../stores/microphone.ts';
import { useParticipantsStore } from '../stores/participants.ts';

/** Whether we are heard, be it by the microphone here or by our phone. */
export function useOwnVoice(): {
  /** There is a voice to mute. */
  isOn: ComputedRef<boolean>;
  muted: ComputedRef<boolean>;
  toggle: () => void;
} {
  const { voice } = useMeetingService();
  const microphone = useMicrophoneStore();
  const participants = useParticipantsStore();
  const isOn = computed(() => participants.onPhone || microphone.isOn);
  const muted = computed(() =>
    participants.onPhone ? (participants.self?.muted ?? false) : microphone.muted,
  );

  function toggle(): void {
    // A failure to open it is in the store, and RoomNotices says it.
    if (isOn.value) void voice.setMuted(!muted.value);
    else if (microphone.state !== 'opening') voice.turnOn().catch(() => undefined);
  }

  return { isOn, muted, toggle };
}
