import type { User } from '@switchroom/protocol';
import { useSessionStorage } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed, readonly } from 'vue';

/** What `POST /sessions` answers. */
export interface Session {
  token: string;
  user: User;
}

/** Who is signed in. Kept for the tab only: closing it signs out. */
export const useSessionStore = defineStore('session', () => {
  const session = useSessionStorage<Session | null>('switchroom.session', null, {
    serializer: {
      read: (text) => JSON.parse(text) as Session | null,
      write: (value) => JSON.stringify(value),
    },
  });

  return {
    token: computed(() => session.value?.token),
    user: computed(() => session.value?.user),
    session: readonly(session),
    signedIn(next: Session): void {
      session.value = next;
    },
    signOut(): void {
      session.value = null;
    },
  };
});
