import { useLocalStorage } from '@vueuse/core';
import { defineStore } from 'pinia';
import { readonly } from 'vue';

/** What this browser remembers between meetings. Device ids are empty for the system's default. */
export const usePreferencesStore = defineStore('preferences', () => {
  const name = useLocalStorage('switchroom.name', '');
  const microphoneId = useLocalStorage('switchroom.microphone', '');
  const speakerId = useLocalStorage('switchroom.speaker', '');

  return {
    name: readonly(name),
    microphoneId: readonly(microphoneId),
    speakerId: readonly(speakerId),
    rememberName(value: string): void {
      name.value = value.trim();
    },
    chooseMicrophone(deviceId: string): void {
      microphoneId.value = deviceId;
    },
    chooseSpeaker(deviceId: string): void {
      speakerId.value = deviceId;
    },
  };
});
