import type { Pinia } from 'pinia';
import { usePreferencesStore } from '../stores/preferences.ts';
import { createStores } from '../stores/stores.ts';
import { MeetingService } from './MeetingService.ts';
import { connectMeet } from './MeetSocket.ts';
import { Microphone, processingWanted } from './Microphone.ts';

/** The service with the real socket, Device and microphone of this browser. */
export function createMeetingService(
  pinia: Pinia,
  { navigator, location }: Window,
): MeetingService {
  const stores = createStores(pinia);
  const preferences = usePreferencesStore(pinia);
  const microphone = new Microphone({
    // Absent outside a secure context, whatever the DOM types say.
    devices: navigator.mediaDevices,
    store: stores.microphone,
    preferredId: () => preferences.microphoneId,
    processing: processingWanted(location.search),
  });
  return new MeetingService({
    connect: connectMeet,
    // Loaded while the user looks at the pre-join page; the home page does without it.
    createDevice: async () => (await import('mediasoup-client')).Device.factory(),
    microphone,
    stores,
  });
}
