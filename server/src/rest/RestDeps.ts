import type { Vault } from '@switchroom/recordings/vault';
import type { Logger } from 'pino';
import type { Alarms } from '../alarms/Alarms.ts';
import type { AlarmWebhook } from '../alarms/AlarmWebhook.ts';
import type { AuditReader } from '../audit/AuditReader.ts';
import type { AuditTrail } from '../audit/AuditTrail.ts';
import type { Calls } from '../calls/Calls.ts';
import type { DialOut } from '../calls/DialOut.ts';
import type { Sessions } from '../identity/Sessions.ts';
import type { UserStore } from '../identity/UserStore.ts';
import type { Users } from '../identity/Users.ts';
import type { MeetingLinks } from '../meetings/MeetingLinks.ts';
import type { MeetingStore } from '../meetings/MeetingStore.ts';
import type { DamageLog } from '../recording/DamageLog.ts';
import type { RecordingControl } from '../recording/RecordingControl.ts';
import type { RecordingKeys } from '../recording/RecordingKeys.ts';
import type { RecordingStore } from '../recording/RecordingStore.ts';
import type { Deletions } from '../retention/Deletions.ts';
import type { Keeping } from '../retention/Keeping.ts';
import type { PolicyChanges } from '../retention/PolicyChanges.ts';
import type { RecordingPolicy } from '../retention/RecordingPolicy.ts';
import type { Rooms } from '../room/Rooms.ts';
import type { Sfu } from '../sfu/Sfu.ts';
import type { Mover } from '../storage/Mover.ts';
import type { DialPlan } from '../trunks/DialPlan.ts';

/** What the REST API calls. */
export interface RestDeps {
  alarms: Alarms;
  alarmWebhook: AlarmWebhook;
  trail: AuditTrail;
  auditReader: AuditReader;
  users: Users;
  userStore: UserStore;
  sessions: Sessions;
  meetings: MeetingStore;
  links: MeetingLinks;
  rooms: Rooms;
  dialPlan: DialPlan;
  calls: Calls;
  dialOut: DialOut;
  recordings: RecordingControl;
  recordingStore: RecordingStore;
  recordingKeys: RecordingKeys;
  /** Recordings that this server could open once, and could not when it started. */
  keysLost: number;
  recordingPolicy: RecordingPolicy;
  policyChanges: PolicyChanges;
  keeping: Keeping;
  deletions: Deletions;
  vault: Vault;
  damage: DamageLog;
  /** Null: recordings stay on local disk. */
  mover: Pick<Mover, 'renew' | 'waiting' | 'failures'> | null;
  sfu: Sfu;
  /** How many gateways of each kind are connected. */
  gateways: () => Record<string, number>;
  /** The built client. */
  clientDir: string;
  logger: Logger;
}
