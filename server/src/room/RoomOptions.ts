import type { Logger } from 'pino';
import type { MediaRouter } from '../sfu/Sfu.ts';
import type { DoorMemory } from './DoorMemory.ts';

export interface RoomOptions {
  meetingId: string;
  router: MediaRouter;
  logger: Logger;
  /** What the meeting's door knows already; nothing without. */
  memory?: DoorMemory;
}
