import {
  AppError,
  exportQuerySchema,
  listRecordingsQuerySchema,
  reasonQuerySchema,
} from '@switchroom/protocol';
import { z } from 'zod';
import { given } from '../../audit/given.ts';
import { phoneName } from '../../meetings/phoneName.ts';
import { Waveforms } from '../../recording/Waveforms.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import { Player, subjectOf } from '../Player.ts';
import type { RestDeps } from '../RestDeps.ts';
import { sendAudio } from '../sendAudio.ts';
import { sendExport } from '../sendExport.ts';
import { keptRecordingSchema, peaksSchema, recordingsPageSchema } from '../views.ts';
import { statementEndpoints } from './statements.ts';

const byId = z.object({ id: z.string().max(64) });
const byTrack = byId.extend({ trackId: z.string().max(64) });
/** How the vault calls the mix of all tracks. */
const MIX = 'mix';
/** What is wrong where a recording cannot be opened. */
const CLOSED = ['key-elsewhere', 'key-lost', 'recording-damaged'] as const;

const seer = { auth: true, roles: ['compliance-officer', 'host'], method: 'get' } as const;

/** What was recorded, as lists and as sound. A host sees the recordings of own meetings, an officer all. */
export function recordingEndpoints(deps: RestDeps): Endpoint[] {
  const { recordingStore, recordingKeys, vault, keeping, trail } = deps;
  const player = new Player(deps);
  const waveforms = new Waveforms();
  return [
    endpoint({
      ...seer,
      path: '/recordings',
      summary:
        'Recordings, newest first; q, title, participant and number are parts of what is shown',
      query: listRecordingsQuerySchema,
      status: 200,
      response: recordingsPageSchema,
      async handle({ query, user, source }) {
        const { items, nextCursor } = await recordingStore.list(query, user);
        const { limit: _, q, title, participant, number, ...filters } = query;
        // What is looked for can be a phone number.
        const asked = Object.fromEntries(
          Object.entries({ q, title, participant, number }).map(([name, text]) => [
            name,
            text && phoneName({ name: text, number: '' }, 'last-four'),
          ]),
        );
        await trail.append({
          ...{ ...source, action: 'recording.listed', subject: { type: 'recordings', id: null } },
          details: given({ ...filters, ...asked, items: items.length }),
        });
        return { items: await keeping.describe(items), nextCursor };
      },
    }),
    endpoint({
      ...seer,
      path: '/recordings/:id',
      summary: 'One recording',
      params: byId,
      status: 200,
      response: keptRecordingSchema,
      errors: ['not-found'],
      async handle({ params, user, source }) {
        const recording = await recordingStore.forUser(params.id, user);
        await trail.append({
          ...source,
          action: 'recording.viewed',
          subject: subjectOf(recording),
        });
        return (await keeping.describe([recording]))[0];
      },
    }),
    ...statementEndpoints(deps),
    endpoint({
      ...seer,
      path: '/recordings/:id/audio',
      summary: 'The mix of all, with Range',
      params: byId,
      query: reasonQuerySchema,
      status: 200,
      mediaType: 'audio/ogg',
      errors: ['not-found', ...CLOSED, 'reason-required', 'range-not-satisfiable', 'unavailable'],
      async handle({ params, query, user, source, token, request, response }) {
        player.check(user, query.reason);
        const recording = await recordingStore.forUser(params.id, user);
        await recordingKeys.mustBeHere(recording.id);
        const audio = await vault.openAudio(recording.id, MIX);
        const { reason } = query;
        await player.note({ recording, trackId: MIX, reason, source, token, request });
        await sendAudio(audio, request, response);
      },
    }),
    endpoint({
      ...seer,
      path: '/recordings/:id/tracks/:trackId/audio',
      summary: 'One track, with Range',
      params: byTrack,
      query: reasonQuerySchema,
      status: 200,
      mediaType: 'audio/ogg',
      errors: ['not-found', ...CLOSED, 'reason-required', 'range-not-satisfiable', 'unavailable'],
      async handle({ params, query, user, source, token, request, response }) {
        player.check(user, query.reason);
        const recording = await recordingStore.forUser(params.id, user);
        // Nothing that comes from outside becomes part of a path unless we know it.
        const track = recording.tracks.find((one) => one.id === params.trackId);
        if (!track) throw new AppError('not-found', 'There is no such track.');
        await recordingKeys.mustBeHere(recording.id);
        const audio = await vault.openAudio(recording.id, track.id);
        const { reason } = query;
        await player.note({ recording, trackId: track.id, reason, source, token, request });
        await sendAudio(audio, request, response);
      },
    }),
    endpoint({
      ...seer,
      path: '/recordings/:id/tracks/:trackId/peaks',
      summary:
        'How loud a track is over its time, and where it is damaged, for those who may play it',
      params: byTrack,
      query: reasonQuerySchema,
      status: 200,
      response: peaksSchema,
      errors: ['not-found', ...CLOSED, 'reason-required', 'unavailable'],
      async handle({ params, query, user }) {
        player.check(user, query.reason);
        const { id, tracks } = await recordingStore.forUser(params.id, user);
        const track = tracks.find((one) => one.id === params.trackId);
        if (!track) throw new AppError('not-found', 'There is no such track.');
        await recordingKeys.mustBeHere(id);
        const audio = await vault.openAudio(id, track.id);
        return { ...(await waveforms.of(`${id}/${track.id}`, audio)), damage: audio.damage };
      },
    }),
    endpoint({
      auth: true,
      roles: ['compliance-officer'],
      method: 'get',
      path: '/recordings/:id/export',
      summary:
        'A zip of tracks, mix, manifest and audit extract, for officers; sealed: of the files as they lie in the vault',
      params: byId,
      query: exportQuerySchema,
      status: 200,
      mediaType: 'application/zip',
      errors: ['not-found', 'conflict', ...CLOSED, 'reason-required', 'unavailable'],
      async handle({ params, query, user, source, request, response }) {
        const { reason, recipient } = query;
        player.check(user, reason);
        const recording = await recordingStore.forUser(params.id, user);
        const { key } = (await recordingKeys.of([recording.id]))(recording.id);
        // A key that is lost is not passed over in silence: then it must be asked for.
        const sealed = query.sealed ?? key === 'elsewhere';
        if (!sealed) await recordingKeys.mustBeHere(recording.id);
        const zip = sealed
          ? await vault.exportSealedZip(recording.id)
          : await vault.exportZip(recording.id);
        await sendExport(zip, {
          name: `recording-${recording.id}${sealed ? '-sealed' : ''}.zip`,
          ...{ recipients: recipient, request, response },
          // Before the first byte; the zip's own audit extract ends with it.
          note: async () => {
            await trail.append({
              ...{ ...source, action: 'recording.exported', subject: subjectOf(recording) },
              details: given({
                reason,
                ...(sealed && { sealed }),
                recipient: recipient?.join(','),
              }),
            });
          },
        });
      },
    }),
  ];
}
