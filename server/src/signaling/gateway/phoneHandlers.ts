import type { gatewayRequests, GatewayResults, ParticipantView, Told } from '@switchroom/protocol';
import type { Calls } from '../../calls/Calls.ts';
import { phoneName } from '../../meetings/phoneName.ts';
import type { Handlers } from '../handle.ts';
import type { GatewayLink } from './GatewayLink.ts';
import type { GatewayDeps, GatewaySession } from './GatewaySession.ts';

/** Phones as participants. */
export function phoneHandlers(
  session: GatewaySession,
  { calls }: GatewayDeps,
): Pick<
  Handlers<typeof gatewayRequests, GatewayResults>,
  | 'phone:join'
  | 'phone:told'
  | 'phone:leave'
  | 'phone:quality'
  | 'participant:setMuted'
  | 'participant:setHandRaised'
  | 'participant:setHeld'
  | 'participant:count'
> {
  return {
    async 'phone:join'({ meetingId, name, number, ssrc, role, callId, returns, told }) {
      session.mustBe('sip-dialin');
      const link = session.link(meetingId);
      const { room } = link;
      const caller = { name, number };
      const participant =
        callId === undefined
          ? await link.addPhone({
              name: phoneName(caller, room.door.settings.numberPrivacy),
              caller,
              ssrc,
              role,
              returns,
              told,
            })
          : await joinCall(link, calls, { callId, ssrc, returns, told });
      const { recording, paused } = room.recorded.news;
      const { locked } = room;
      const { entry } = room.door.settings;
      return { participantId: participant.id, participant, entry, locked, recording, paused };
    },

    async 'phone:told'({ meetingId, participantId, told }) {
      session.mustBe('sip-dialin');
      await session.link(meetingId).phoneTold(participantId, told);
      return {};
    },

    'phone:leave'({ meetingId, participantId, ssrc }) {
      session.mustBe('sip-dialin');
      session.link(meetingId).removePhone(participantId, ssrc);
      return {};
    },

    'phone:quality'({ meetingId, participantId, mos }) {
      session.mustBe('sip-dialin');
      session.link(meetingId).setPhoneQuality(participantId, mos);
      return {};
    },

    async 'participant:setMuted'({ meetingId, participantId, muted }) {
      session.mustBe('sip-dialin');
      await session.link(meetingId).setPhoneMuted(participantId, muted);
      return {};
    },

    'participant:setHandRaised'({ meetingId, participantId, handRaised }) {
      session.mustBe('sip-dialin');
      session.link(meetingId).setPhoneHandRaised(participantId, handRaised);
      return {};
    },

    'participant:setHeld'({ meetingId, participantId, held }) {
      session.mustBe('sip-dialin');
      session.link(meetingId).setPhoneHeld(participantId, held);
      return {};
    },

    'participant:count'({ meetingId }) {
      session.mustBe('sip-dialin');
      return { participants: session.link(meetingId).room.size };
    },
  };
}

/** Who was called comes in, or somebody's sound moves to the phone that was. */
async function joinCall(
  link: GatewayLink,
  calls: Calls,
  {
    callId,
    ssrc,
    returns,
    told = [],
  }: { callId: string; ssrc: number; returns: string | undefined; told: Told[] | undefined },
): Promise<ParticipantView> {
  const { room } = link;
  const call = calls.confirmed(callId, room.meetingId);
  const { name, callMe } = call;
  const participant =
    callMe === null
      ? await link.addPhone({ name, ssrc, invited: true, returns, told })
      : await link.carry(callMe, ssrc, () => calls.ended(callId));
  const { id: participantId } = participant;
  if (callMe !== null) for (const one of told) await link.phoneTold(participantId, one);
  call.joined({
    participantId,
    hangUp: () => {
      if (!room.has(participantId)) return;
      if (callMe === null) room.remove(participantId, 'removed');
      else room.returnSource(participantId);
    },
  });
  return participant;
}
