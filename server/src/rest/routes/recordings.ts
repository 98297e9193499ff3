import { AppError, listRecordingsQuerySchema, recordingViewSchema } from '@switchroom/protocol';
import { z } from 'zod';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { sendAudio, sendStream } from '../sendAudio.ts';
import { recordingsPageSchema } from '../views.ts';

const byId = z.object({ id: z.string().max(64) });
const byTrack = byId.extend({ trackId: z.string().max(64) });
/** How the vault calls the mix of all tracks. */
const MIX = 'mix';

/** What was recorded, as lists and as sound. */
export function recordingEndpoints({ recordingStore, vault }: RestDeps): Endpoint[] {
  const hold = () => {
    throw new AppError('not-built', 'Legal hold is not built yet.');
  };
  return [
    endpoint({
      method: 'get',
      path: '/recordings',
      summary: 'Recordings, newest first; q is looked for in titles and names',
      auth: true,
      query: listRecordingsQuerySchema,
      status: 200,
      response: recordingsPageSchema,
      handle: ({ query, user }) => recordingStore.list(query, user),
    }),
    endpoint({
      method: 'get',
      path: '/recordings/:id',
      summary: 'One recording',
      auth: true,
      params: byId,
      status: 200,
      response: recordingViewSchema,
      errors: ['not-found'],
      handle: ({ params, user }) => recordingStore.forUser(params.id, user),
    }),
    endpoint({
      method: 'get',
      path: '/recordings/:id/audio',
      summary: 'The mix of all, with Range',
      auth: true,
      params: byId,
      status: 200,
      mediaType: 'audio/ogg',
      errors: ['not-found', 'range-not-satisfiable'],
      async handle({ params, user, request, response }) {
        const { id } = await recordingStore.forUser(params.id, user);
        await sendAudio(await vault.openAudio(id, MIX), request, response);
      },
    }),
    endpoint({
      method: 'get',
      path: '/recordings/:id/tracks/:trackId/audio',
      summary: 'One track, with Range',
      auth: true,
      params: byTrack,
      status: 200,
      mediaType: 'audio/ogg',
      errors: ['not-found', 'range-not-satisfiable'],
      async handle({ params, user, request, response }) {
        const { id, tracks } = await recordingStore.forUser(params.id, user);
        // Nothing that comes from outside becomes part of a path unless we know it.
        const track = tracks.find((one) => one.id === params.trackId);
        if (!track) throw new AppError('not-found', 'There is no such track.');
        await sendAudio(await vault.openAudio(id, track.id), request, response);
      },
    }),
    endpoint({
      method: 'get',
      path: '/recordings/:id/export',
      summary: 'A zip of tracks, mix and manifest',
      auth: true,
      params: byId,
      status: 200,
      mediaType: 'application/zip',
      errors: ['not-found'],
      async handle({ params, user, request, response }) {
        const { id } = await recordingStore.forUser(params.id, user);
        const zip = await vault.exportZip(id);
        response.type('application/zip').attachment(`recording-${id}.zip`);
        if (request.method === 'HEAD') response.end();
        else await sendStream(zip, response);
      },
    }),
    ...(['put', 'delete'] as const).map((method) =>
      endpoint({
        method,
        path: '/recordings/:id/hold',
        summary: 'Legal hold; not built yet',
        auth: true,
        params: byId,
        status: 204,
        errors: ['not-built'],
        handle: hold,
      }),
    ),
  ];
}
