import {
  AppError,
  createMeetingSchema,
  recordingActionSchema,
  updateMeetingSchema,
} from '@switchroom/protocol';
import { z } from 'zod';
import { joinable } from '../../meetings/MeetingStore.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { joinPreviewSchema, meetingViewSchema } from '../views.ts';

const byId = z.object({ id: z.string().max(64) });

/** Meetings, and whether they are recorded. */
export function meetingEndpoints(deps: RestDeps): Endpoint[] {
  const { meetings, links, rooms, calls, recordings, sfu } = deps;
  return [
    endpoint({
      method: 'post',
      path: '/meetings',
      summary: 'Makes a meeting',
      auth: true,
      body: createMeetingSchema,
      status: 201,
      response: meetingViewSchema,
      async handle({ body, user, response }) {
        const meeting = await meetings.create(user, body);
        response.location(`/api/v1/meetings/${meeting.id}`);
        return links.view(meeting);
      },
    }),
    endpoint({
      method: 'get',
      path: '/meetings/:id',
      summary: 'The meeting, for its owner and administrators',
      auth: true,
      params: byId,
      status: 200,
      response: meetingViewSchema,
      errors: ['not-found'],
      async handle({ params, user }) {
        const meeting = await meetings.forUser(params.id, user);
        return links.view(meeting, rooms.get(meeting.id));
      },
    }),
    endpoint({
      method: 'patch',
      path: '/meetings/:id',
      summary: 'Changes the meeting, at once also for those who are in it',
      auth: true,
      params: byId,
      body: updateMeetingSchema,
      status: 200,
      response: meetingViewSchema,
      errors: ['not-found', 'meeting-ended', 'conflict'],
      async handle({ params, body, user }) {
        const { id } = joinable(await meetings.forUser(params.id, user));
        const { locked, ...change } = body;
        if (locked !== undefined && rooms.get(id)?.live !== true) {
          throw new AppError('conflict', 'Only a meeting that somebody is in can be locked.');
        }
        const meeting = await meetings.update(id, change);
        // Looked up anew: what happens between is told nobody.
        const room = rooms.get(id);
        room?.configure(meeting);
        if (locked !== undefined) room?.setLocked(locked);
        recordings.policyChanged(meeting);
        return links.view(meeting, room);
      },
    }),
    endpoint({
      method: 'delete',
      path: '/meetings/:id',
      summary: 'Ends the meeting for everybody',
      auth: true,
      params: byId,
      status: 204,
      errors: ['not-found'],
      async handle({ params, user }) {
        const meeting = await meetings.forUser(params.id, user);
        await meetings.end(meeting.id);
        rooms.get(meeting.id)?.close('meeting-ended');
        // Those that were made before anybody was in.
        calls.meetingEnded(meeting.id);
      },
    }),
    endpoint({
      method: 'post',
      path: '/meetings/:id/recording',
      summary: 'Starts or stops the recording; before anybody is in, it starts with the first',
      auth: true,
      params: byId,
      body: recordingActionSchema,
      status: 202,
      errors: ['not-found', 'meeting-ended', 'recording-off', 'recorder-unavailable'],
      async handle({ params, body, user }) {
        const meeting = joinable(await meetings.forUser(params.id, user));
        await (body.action === 'start' ? recordings.start(meeting) : recordings.stop(meeting));
      },
    }),
    endpoint({
      method: 'get',
      path: '/join/:joinToken',
      summary: 'What anyone who holds the link may know before joining',
      auth: false,
      params: z.object({ joinToken: z.string().max(128) }),
      status: 200,
      response: joinPreviewSchema,
      errors: ['not-found', 'meeting-ended'],
      async handle({ params }) {
        const { title, recording } = joinable(await meetings.byJoinToken(params.joinToken));
        return { title, rtpCapabilities: sfu.rtpCapabilities, recording };
      },
    }),
    endpoint({
      method: 'get',
      path: '/audit',
      summary: 'The audit trail; not built yet',
      auth: true,
      status: 200,
      errors: ['not-built'],
      handle() {
        throw new AppError('not-built', 'The audit trail is not built yet.');
      },
    }),
  ];
}
