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
import { CLOSED, Player, subjectOf, type Sound, type Wish } from '../Player.ts';
import type { RestDeps } from '../RestDeps.ts';
import { sendAudio } from '../sendAudio.ts';
import { sendExport } from '../sendExport.ts';
import { keptRecordingSchema, peaksSchema, recordingsPageSchema } from '../views.ts';
import { statementEndpoints } from './statements.ts';

const byId = z.object({ id: z.string().max(64) });
const byTrack = byId.extend({ trackId: z.string().max(64) });
/** How the vault calls the mix of all tracks. */
const MIX = 'mix';

const seer = { auth: true, roles: ['compliance-officer', 'host'], method: 'get' } as const;

interface TrackWish extends Wish {
  params: z.output<typeof byTrack>;
}

/** What was recorded, as lists and as sound. A host sees the recordings of own meetings, an officer all. */
export function recordingEndpoints(deps: RestDeps): Endpoint[] {
  const { recordingStore, recordingKeys, vault, keeping, trail } = deps;
  const player = new Player(deps);
  const waveforms = new Waveforms();
  /** A track of a recording that may be heard. Errors: those of both, and of the key. */
  async function trackOf(wish: TrackWish): Promise<Sound> {
    await player.check(wish);
    const { params, user } = wish;
    const recording = await recordingStore.forUser(params.id, user);
    // Nothing that comes from outside becomes part of a path unless we know it.
    const track = recording.tracks.find((one) => one.id === params.trackId);
    if (!track) throw new AppError('not-found', 'There is no such track.');
    await recordingKeys.mustBeHere(recording.id);
    return { recording, trackId: track.id };
  }
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
      async handle(wish) {
        const { params, user, request, response } = wish;
        await player.check(wish);
        const recording = await recordingStore.forUser(params.id, user);
        await recordingKeys.mustBeHere(recording.id);
        const sound = { recording, trackId: MIX };
        await sendAudio(await vault.openAudio(recording.id, MIX), {
          note: (isPart) => player.noteSound(wish, sound, isPart),
          ...{ request, response },
        });
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
      async handle(wish) {
        const { request, response } = wish;
        const sound = await trackOf(wish);
        const audio = await vault.openAudio(sound.recording.id, sound.trackId);
        await sendAudio(audio, {
          note: (isPart) => player.noteSound(wish, sound, isPart),
          ...{ request, response },
        });
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
      async handle(wish) {
        const sound = await trackOf(wish);
        const { id } = sound.recording;
        const audio = await vault.openAudio(id, sound.trackId);
        const peaks = await waveforms.of(`${id}/${sound.trackId}`, audio);
        await player.notePeaks(wish, sound);
        return { ...peaks, damage: audio.damage };
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
      async handle(wish) {
        const { params, query, user, source, request, response } = wish;
        const { reason, recipient } = query;
        await player.check(wish);
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
