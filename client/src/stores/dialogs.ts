import { defineStore } from 'pinia';
import { readonly, shallowRef } from 'vue';

/** A dialog of the room, and whom it is about. */
export type RoomDialogName =
  | { name: 'invite' | 'audio' | 'call' | 'call-me' | 'sign-in' | 'end' }
  | { name: 'rename' | 'remove'; participantId: string };

/** Which dialog of the room is open: one at most. */
export const useDialogStore = defineStore('dialogs', () => {
  const open = shallowRef<RoomDialogName>();
  return {
    open: readonly(open),
    show(next: RoomDialogName): void {
      open.value = next;
    },
    close(): void {
      open.value = undefined;
    },
  };
});
