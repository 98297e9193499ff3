import { randomBytes } from 'node:crypto';
import type { TrackView } from '@switchroom/protocol';
import { SAMPLES_PER_MS } from '../format/opus.ts';
import type { Participant } from './Minutes.ts';

/** A track that begins at `startPosition` (samples), of an id of its own. */
export function newTrack(participant: Participant, startPosition: number): TrackView {
  return {
    id: randomBytes(8).toString('hex'),
    participantId: participant.id,
    participantName: participant.name,
    kind: participant.kind,
    startMs: startPosition / SAMPLES_PER_MS,
    endMs: null,
  };
}
