import { useLocalStorage } from '@vueuse/core';

const BYTES = 16;

/**
 * A secret that this browser makes once and keeps. The server knows one again by it who was put out of a meeting, in
 * whichever tab they come; it keeps a hash that differs from meeting to meeting.
 */
export function useBrowserId(): string {
  const id = useLocalStorage('switchroom.browser-id', '');
  // Not randomUUID(), which there is in secure contexts only.
  if (id.value === '') id.value = hex(crypto.getRandomValues(new Uint8Array(BYTES)));
  return id.value;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
