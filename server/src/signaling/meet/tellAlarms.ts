import type { AlarmView } from '@switchroom/protocol';
import type { MeetDeps, MeetSession } from './MeetSession.ts';

/** Tells a host of the alarms of its room: all that last, whenever they change; the function that it gives stops that. */
export function tellAlarms(session: MeetSession, { alarms }: MeetDeps): () => void {
  const changed = ({ meetingId }: AlarmView): void => {
    if (meetingId === null || !session.isIn(meetingId) || !session.member.hosts) return;
    session.outbox.tell('alarms:changed', { alarms: alarms.of(meetingId) });
  };
  alarms.events.on('raised', changed).on('cleared', changed);
  return () => void alarms.events.off('raised', changed).off('cleared', changed);
}
