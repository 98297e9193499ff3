import type { MeetingView } from '@switchroom/protocol';

/** What is chosen of a meeting before it is made. */
export type MeetingOptions = Pick<
  MeetingView,
  'recording' | 'consent' | 'lobby' | 'waitForHost' | 'entry' | 'numberPrivacy'
>;
