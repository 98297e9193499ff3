import {
  AppError,
  type gatewayRequests,
  type GatewayResults,
  type ParticipantView,
  type Told,
} from '@switchroom/protocol';
import type { CallGateway } from '../../calls/CallGateway.ts';
import type { Calls, ConfirmedCall } from '../../calls/Calls.ts';
import { phoneName, type PhoneCaller } from '../../meetings/phoneName.ts';
import type { Room } from '../../room/Room.ts';
import type { Handlers } from '../handle.ts';
import type { GatewayLink } from './GatewayLink.ts';
import type { GatewayDeps, GatewaySession } from './GatewaySession.ts';

/** Phones as participants. */
export function phoneHandlers(
  session: GatewaySession,
  { calls }: GatewayDeps,
  gateway: CallGateway,
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
          : await joinCall(
              link,
              calls.has(callId)
                ? calls.confirmed(callId, meetingId)
                : returnedCall(room, calls, { ...caller, callId, returns, gateway }),
              { ssrc, returns, told, onGone: () => calls.ended(callId) },
            );
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

/**
 * A call that this server does not know, but has kept the seat that its phone had, or whose sound that was. Errors:
 * `not-found`; `unavailable` where the one whose sound it carried is not back yet.
 */
function returnedCall(
  room: Room,
  calls: Calls,
  phone: PhoneCaller & { callId: string; returns: string | undefined; gateway: CallGateway },
): ConfirmedCall {
  const { callId: id, number, returns = '', gateway } = phone;
  const { meetingId, door } = room;
  const order = { id, meetingId, number, askedBy: { participantId: returns } };
  if (door.seatOfPhone(returns) !== undefined) {
    const name = phoneName(phone, door.settings.numberPrivacy);
    return calls.returned({ ...order, name, callMe: null }, gateway);
  }
  const carried = room.whoIs(returns);
  if (carried && carried.kind !== 'phone') {
    return calls.returned({ ...order, name: carried.name, callMe: carried.id }, gateway);
  }
  if (!door.awaits(returns)) throw new AppError('not-found', 'There is no such call.');
  throw new AppError('unavailable', 'The participant whose phone this is is not back yet.');
}

/** Who was called comes in, or somebody's sound moves to the phone that was. */
async function joinCall(
  link: GatewayLink,
  call: ConfirmedCall,
  phone: {
    ssrc: number;
    returns: string | undefined;
    told: Told[] | undefined;
    onGone: () => void;
  },
): Promise<ParticipantView> {
  const { room } = link;
  const { name, callMe } = call;
  const { ssrc, returns, told = [], onGone } = phone;
  const participant =
    callMe === null
      ? await link.addPhone({ name, ssrc, invited: true, returns, told })
      : await link.carry(callMe, ssrc, onGone);
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
