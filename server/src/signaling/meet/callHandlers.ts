import { AppError, type CallView, type meetRequests, type MeetResults } from '@switchroom/protocol';
import { joinable, type Meeting } from '../../meetings/MeetingStore.ts';
import type { Handlers } from '../handle.ts';
import type { BrowserMember } from './BrowserMember.ts';
import type { MeetDeps, MeetSession } from './MeetSession.ts';

/** Calls to the outside, by hosts; and to one's own phone, by those in the room who may. */
export function callHandlers(
  session: MeetSession,
  { calls, meetings }: MeetDeps,
): Pick<
  Handlers<typeof meetRequests, MeetResults>,
  'call:create' | 'call:cancel' | 'call:me' | 'call:back'
> {
  const meetingOf = async ({ room }: BrowserMember): Promise<Meeting> =>
    joinable(await meetings.byId(room.meetingId));
  return {
    async 'call:create'(wish) {
      const { host } = session;
      const askedBy = { participantId: host.participant.id };
      return calls.create(await meetingOf(host), wish, askedBy);
    },

    'call:cancel'({ callId }) {
      const { member } = session;
      const by = member.hosts ? undefined : member.participant.id;
      calls.cancel(member.room.meetingId, callId, by);
      return {};
    },

    async 'call:me'({ number }) {
      const { member } = session;
      const { id } = await meetingOf(member);
      const { participant } = member;
      if (participant.waiting) throw new AppError('forbidden', 'Wait to be let in.');
      if (!calls.offersCallMe(member)) {
        throw new AppError('forbidden', 'Your phone cannot be called from here.');
      }
      return calls.callMe(id, participant, number);
    },

    'call:back'() {
      const { room, participant } = session.member;
      calls.back(room.meetingId, participant.id);
      return {};
    },
  };
}

/** Tells this browser of the calls of its room, while it is in one; the function that it gives stops that. */
export function tellCalls(session: MeetSession, { calls }: MeetDeps): () => void {
  const changed = (meetingId: string, call: CallView): void => {
    if (session.isIn(meetingId)) session.outbox.tell('call:changed', call);
  };
  const gone = (meetingId: string, callId: string): void => {
    if (session.isIn(meetingId)) session.outbox.tell('call:gone', { callId });
  };
  calls.events.on('changed', changed).on('gone', gone);
  return () => void calls.events.off('changed', changed).off('gone', gone);
}
