import { useSessionStorage } from '@vueuse/core';
import type { Ref } from 'vue';

interface PutOutSeat {
  joinToken: string;
  resumeToken: string;
}

/**
 * The seat that this tab was put out of. It is shown when one comes again by the same link, so that a host decides:
 * the server holds such a guest in the lobby.
 */
export function usePutOutSeat(): Ref<PutOutSeat | null> {
  return useSessionStorage<PutOutSeat | null>('switchroom.put-out', null, {
    serializer: {
      read: (text) => JSON.parse(text) as PutOutSeat | null,
      write: (value) => JSON.stringify(value),
    },
  });
}
