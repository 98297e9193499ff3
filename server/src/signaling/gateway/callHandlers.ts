import {
  AppError,
  type gatewayRequests,
  type GatewayResults,
  type NumberPrivacy,
} from '@switchroom/protocol';
import { callEntry, eventsLost } from '../../audit/callEntries.ts';
import type { CallGateway } from '../../calls/CallGateway.ts';
import { joinable } from '../../meetings/MeetingStore.ts';
import type { Handlers } from '../handle.ts';
import type { GatewayOutbox } from './GatewayOutbox.ts';
import type { GatewayDeps, GatewaySession } from './GatewaySession.ts';

/** What a gateway tells of calls to the outside, and asks for. */
export function callHandlers(
  session: GatewaySession,
  { calls, meetings, trail }: GatewayDeps,
): Pick<
  Handlers<typeof gatewayRequests, GatewayResults>,
  'call:progress' | 'call:refer' | 'call:event'
> {
  return {
    'call:progress'(progress) {
      session.mustBe('sip-dialin');
      calls.progress(progress);
      return {};
    },

    async 'call:refer'({ meetingId, participantId, number }) {
      session.mustBe('sip-dialin');
      const link = session.link(meetingId);
      const phone = link.room.participants().find(({ id }) => id === participantId);
      if (phone?.kind !== 'phone') throw new AppError('not-found', 'There is no such phone.');
      // Whoever is called comes in past the lobby: not by the wish of one who waits there.
      if (phone.state === 'lobby') throw new AppError('forbidden', 'Wait to be let in.');
      const by = { participantId, caller: link.callerKey(participantId) };
      const meeting = joinable(await meetings.byId(meetingId));
      return { callId: await calls.refer(meeting, by, number) };
    },

    async 'call:event'({ events, lost = 0 }) {
      session.mustBe('sip-dialin');
      const privacies = new Map<string, NumberPrivacy>();
      for (const { meetingId } of events) {
        if (meetingId === undefined || privacies.has(meetingId)) continue;
        const meeting = await meetings.byId(meetingId);
        if (meeting) privacies.set(meetingId, meeting.numberPrivacy);
      }
      const entries = events.map((event) => callEntry(event, privacies.get(event.meetingId ?? '')));
      await trail.appendAll(lost > 0 ? [eventsLost(lost), ...entries] : entries);
      return {};
    },
  };
}

export function callGatewayOf(outbox: GatewayOutbox): CallGateway {
  return {
    place: (order) => outbox.placeCall(order),
    cancel: (callId) => outbox.tell('call:cancel', { callId }),
  };
}
