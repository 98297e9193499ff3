import { AppError, updateParticipantSchema, type User } from '@switchroom/protocol';
import { z } from 'zod';
import { joinable } from '../../meetings/MeetingStore.ts';
import type { Room } from '../../room/Room.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { participantViewSchema } from '../views.ts';

const byId = z.object({ id: z.string().max(64) });
const host = { auth: true, roles: ['host'] } as const;
const byParticipant = byId.extend({ participantId: z.string().max(64) });

/** Who asks one to unmute, when it is not somebody in the room. */
const ASKED_BY = 'Host';

/** Those who are in a meeting, and what its owner may do with them. */
export function participantEndpoints({ meetings, rooms }: RestDeps): Endpoint[] {
  const roomOf = async (id: string, user: User): Promise<Room | undefined> =>
    rooms.get(joinable(await meetings.forUser(id, user)).id);
  const roomWith = async (
    { id, participantId }: z.infer<typeof byParticipant>,
    user: User,
  ): Promise<Room> => {
    const room = await roomOf(id, user);
    if (room?.has(participantId) === true) return room;
    throw new AppError('not-found', 'There is no such participant in the room.');
  };
  return [
    endpoint({
      method: 'get',
      path: '/meetings/:id/participants',
      summary: 'Who is in the meeting now, or in its lobby',
      ...host,
      params: byId,
      status: 200,
      response: z.array(participantViewSchema),
      errors: ['not-found'],
      async handle({ params, user }) {
        const meeting = await meetings.forUser(params.id, user);
        return rooms.get(meeting.id)?.participants() ?? [];
      },
    }),
    endpoint({
      method: 'patch',
      path: '/meetings/:id/participants/:participantId',
      summary: 'Lets in, mutes, asks to unmute (`muted: false`), renames, lowers the hand',
      ...host,
      params: byParticipant,
      body: updateParticipantSchema,
      status: 200,
      response: participantViewSchema,
      errors: ['not-found', 'meeting-ended'],
      async handle({ params, body, user }) {
        const { participantId } = params;
        const room = await roomWith(params, user);
        if (body.name !== undefined) room.rename(participantId, body.name);
        if (body.muted === true) await room.setMuted(participantId, true);
        if (body.muted === false) room.askUnmute(participantId, ASKED_BY);
        if (body.handRaised === false) room.setHandRaised(participantId, false);
        if (body.admitted === true) room.admit(participantId);
        return room.participants().find(({ id }) => id === participantId);
      },
    }),
    endpoint({
      method: 'delete',
      path: '/meetings/:id/participants/:participantId',
      summary: 'Puts somebody out of the meeting, or of its lobby',
      ...host,
      params: byParticipant,
      status: 204,
      errors: ['not-found', 'meeting-ended'],
      async handle({ params, user }) {
        (await roomWith(params, user)).remove(params.participantId, 'removed');
      },
    }),
    endpoint({
      method: 'post',
      path: '/meetings/:id/mute-all',
      summary: 'Mutes everybody but the hosts',
      ...host,
      params: byId,
      status: 204,
      errors: ['not-found', 'meeting-ended'],
      async handle({ params, user }) {
        await (await roomOf(params.id, user))?.muteAll();
      },
    }),
  ];
}
