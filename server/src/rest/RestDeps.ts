import type { Vault } from '@switchroom/recordings/vault';
import type { Logger } from 'pino';
import type { Calls } from '../calls/Calls.ts';
import type { DialOut } from '../calls/DialOut.ts';
import type { Sessions } from '../identity/Sessions.ts';
import type { Users } from '../identity/Users.ts';
import type { MeetingLinks } from '../meetings/MeetingLinks.ts';
import type { MeetingStore } from '../meetings/MeetingStore.ts';
import type { RecordingControl } from '../recording/RecordingControl.ts';
import type { RecordingStore } from '../recording/RecordingStore.ts';
import type { Rooms } from '../room/Rooms.ts';
import type { Sfu } from '../sfu/Sfu.ts';
import type { DialPlan } from '../trunks/DialPlan.ts';

/** What the REST API calls. */
export interface RestDeps {
  users: Users;
  sessions: Sessions;
  meetings: MeetingStore;
  links: MeetingLinks;
  rooms: Rooms;
  dialPlan: DialPlan;
  calls: Calls;
  dialOut: DialOut;
  recordings: RecordingControl;
  recordingStore: RecordingStore;
  vault: Vault;
  sfu: Sfu;
  /** How many gateways of each kind are connected. */
  gateways: () => Record<string, number>;
  /** The built client. */
  clientDir: string;
  logger: Logger;
}
