import type { ErrorCode } from '@switchroom/protocol';
import { defineStore } from 'pinia';
import { readonly, shallowRef } from 'vue';
import type { MicrophoneProblem } from './microphone.ts';

/** One thing that went wrong without ending the meeting; its words are in the locale. */
export type Notice =
  | { about: 'error'; code: ErrorCode }
  | { about: 'microphone'; problem: MicrophoneProblem }
  | { about: 'microphone-changed' }
  | { about: 'muted-by-host' };

/** The latest notice; a newer one takes its place. */
export const useNoticeStore = defineStore('notices', () => {
  const notice = shallowRef<Notice>();
  return {
    notice: readonly(notice),
    show(next: Notice): void {
      notice.value = next;
    },
    dismiss(): void {
      notice.value = undefined;
    },
  };
});
