import { defineStore } from 'pinia';
import { computed, readonly, ref } from 'vue';

/**
 * Why there is no microphone: `refused` by the user or a policy, `absent`, `busy` in another
 * program, or `unsupported` (no secure context, or a browser without the API).
 */
export type MicrophoneProblem = 'refused' | 'absent' | 'busy' | 'unsupported';

/** `off` until the user asks for the microphone: it is never opened on load. */
export type MicrophoneState = 'off' | 'opening' | 'on' | MicrophoneProblem;

/** Our own microphone. Muted is kept over a reconnect. */
export const useMicrophoneStore = defineStore('microphone', () => {
  const state = ref<MicrophoneState>('off');
  const muted = ref(false);
  /** The device in use, as the browser reports it. */
  const deviceId = ref('');

  const problem = computed<MicrophoneProblem | undefined>(() =>
    state.value === 'off' || state.value === 'opening' || state.value === 'on'
      ? undefined
      : state.value,
  );

  return {
    state: readonly(state),
    muted: readonly(muted),
    deviceId: readonly(deviceId),
    problem,
    isOn: computed(() => state.value === 'on'),
    opening(): void {
      state.value = 'opening';
    },
    opened(device: string): void {
      state.value = 'on';
      deviceId.value = device;
    },
    failed(reason: MicrophoneProblem): void {
      state.value = reason;
      deviceId.value = '';
    },
    closed(): void {
      state.value = 'off';
      deviceId.value = '';
    },
    setMuted(next: boolean): void {
      muted.value = next;
    },
  };
});
