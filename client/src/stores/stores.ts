import type { Pinia } from 'pinia';
import { useCallsStore } from './calls.ts';
import { useMeetingStore } from './meeting.ts';
import { useMicrophoneStore } from './microphone.ts';
import { useNoticeStore } from './notices.ts';
import { useParticipantsStore } from './participants.ts';
import { useSessionStore } from './session.ts';

/** The stores that the service feeds. */
export interface Stores {
  calls: ReturnType<typeof useCallsStore>;
  meeting: ReturnType<typeof useMeetingStore>;
  microphone: ReturnType<typeof useMicrophoneStore>;
  notices: ReturnType<typeof useNoticeStore>;
  participants: ReturnType<typeof useParticipantsStore>;
  session: ReturnType<typeof useSessionStore>;
}

export function createStores(pinia: Pinia): Stores {
  return {
    calls: useCallsStore(pinia),
    meeting: useMeetingStore(pinia),
    microphone: useMicrophoneStore(pinia),
    notices: useNoticeStore(pinia),
    participants: useParticipantsStore(pinia),
    session: useSessionStore(pinia),
  };
}
