import type { User } from '@switchroom/protocol';
import { useSessionStorage } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed, readonly, shallowReadonly, shallowRef } from 'vue';

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

  const wasEnded = shallowRef(false);

  return {
    token: computed(() => session.value?.token),
    user: computed(() => session.value?.user),
    session: readonly(session),
    /** Whether it was the server that ended the last one; the sign-in form says so. */
    wasEnded: shallowReadonly(wasEnded),
    signedIn(next: Session): void {
      session.value = next;
      wasEnded.value = false;
    },
    signOut(): void {
      session.value = null;
      wasEnded.value = false;
    },
    /** The server knows this token no more. An answer that comes late says nothing of the session after it. */
    ended(token: string): void {
      if (session.value?.token !== token) return;
      session.value = null;
      wasEnded.value = true;
    },
  };
});
