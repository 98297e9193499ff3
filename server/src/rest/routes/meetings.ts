import {
  AppError,
  createMeetingSchema,
  recordingActionSchema,
  updateMeetingSchema,
} from '@switchroom/protocol';
import { z } from 'zod';
import type { AuditDraft, AuditSource } from '../../audit/AuditTrail.ts';
import { given } from '../../audit/given.ts';
import type { Database } from '../../db/openDatabase.ts';
import { joinable } from '../../meetings/MeetingStore.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { joinPreviewSchema, meetingViewSchema } from '../views.ts';

const byId = z.object({ id: z.string().max(64) });
const host = { auth: true, roles: ['host'] } as const;

/** Meetings, and whether they are recorded. */
export function meetingEndpoints(deps: RestDeps): Endpoint[] {
  const { meetings, links, rooms, calls, recordings, sfu, trail } = deps;
  const note = (
    {
      source,
      id,
      ...entry
    }: { source: AuditSource; id: string } & Pick<AuditDraft, 'action' | 'details'>,
    db: Database,
  ) => trail.append({ ...source, ...entry, subject: { type: 'meeting', id } }, db);
  return [
    endpoint({
      method: 'post',
      path: '/meetings',
      summary: 'Makes a meeting',
      ...host,
      body: createMeetingSchema,
      status: 201,
      response: meetingViewSchema,
      async handle({ body, user, source, response }) {
        const meeting = await meetings.create(
          user,
          body,
          (db, { id, title, recording, consent }) => {
            const details = { title, recording, consent };
            return note({ source, action: 'meeting.created', id, details }, db);
          },
        );
        response.location(`/api/v1/meetings/${meeting.id}`);
        return links.view(meeting);
      },
    }),
    endpoint({
      method: 'get',
      path: '/meetings/:id',
      summary: 'The meeting, for its owner',
      ...host,
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
      ...host,
      params: byId,
      body: updateMeetingSchema,
      status: 200,
      response: meetingViewSchema,
      errors: ['not-found', 'meeting-ended', 'conflict'],
      async handle({ params, body, user, source }) {
        const { id } = joinable(await meetings.forUser(params.id, user));
        const { locked, ...change } = body;
        if (locked !== undefined && rooms.get(id)?.live !== true) {
          throw new AppError('conflict', 'Only a meeting that somebody is in can be locked.');
        }
        const meeting = await meetings.update(id, change, (db) =>
          note({ source, action: 'meeting.changed', id, details: given(body) }, db),
        );
        // Of two policies of consent the stricter counts until a recording under the former has ended.
        if (meeting.consent === 'required') rooms.get(id)?.configure(meeting);
        await recordings.endOther(meeting, source);
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
      roles: ['host', 'administrator'],
      params: byId,
      status: 204,
      errors: ['not-found'],
      async handle({ params, user, source }) {
        const id = await meetings.toEnd(params.id, user);
        await meetings.end(id, (db) => note({ source, action: 'meeting.ended', id }, db));
        rooms.meetingEnded(id);
        // Those that were made before anybody was in.
        calls.meetingEnded(id);
      },
    }),
    endpoint({
      method: 'post',
      path: '/meetings/:id/recording',
      summary:
        'Starts, stops, pauses or resumes the recording; before anybody is in, it starts with the first',
      ...host,
      params: byId,
      body: recordingActionSchema,
      status: 202,
      errors: ['not-found', 'meeting-ended', 'recording-off', 'recorder-unavailable', 'conflict'],
      async handle({ params, body, user, source }) {
        const meeting = joinable(await meetings.forUser(params.id, user));
        switch (body.action) {
          case 'start':
            return recordings.start(meeting, source);
          case 'stop':
            return recordings.stop(meeting, source);
          case 'pause':
            return recordings.pausing.pause(meeting.id, source);
          case 'resume':
            return recordings.pausing.resume(meeting.id, source);
        }
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
        const meeting = joinable(await meetings.byJoinToken(params.joinToken));
        const { title, recording, consent } = meeting;
        return { title, rtpCapabilities: sfu.rtpCapabilities, recording, consent };
      },
    }),
  ];
}
