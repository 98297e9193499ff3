import { AppError, type RecordingView, type User } from '@switchroom/protocol';
import type { Request } from 'express';
import type { AuditSource } from '../audit/AuditTrail.ts';
import { given } from '../audit/given.ts';
import { Hearings } from '../audit/Hearings.ts';
import { hasRole } from '../identity/roles.ts';
import type { RestDeps } from './RestDeps.ts';

/** Who hears what, by the recording policy; each hearing is written down before the first byte goes out. */
export class Player {
  readonly #deps: Pick<RestDeps, 'recordingPolicy' | 'trail'>;
  readonly #hearings = new Hearings();

  constructor(deps: Pick<RestDeps, 'recordingPolicy' | 'trail'>) {
    this.#deps = deps;
  }

  /** Before anything is looked up. Errors: `forbidden`, `reason-required`. */
  check(user: User, reason: string | undefined): void {
    const { hostsMayPlay, reasonToPlay } = this.#deps.recordingPolicy.value;
    if (!hostsMayPlay && !hasRole(user, 'compliance-officer')) {
      throw new AppError('forbidden', 'Only compliance officers hear recordings.');
    }
    if (reasonToPlay && (reason ?? '') === '') {
      throw new AppError('reason-required', 'Give a reason, as in ?reason=Complaint%2012.');
    }
  }

  async note(heard: {
    recording: RecordingView;
    trackId: string;
    reason: string | undefined;
    source: AuditSource;
    token: string;
    request: Request;
  }): Promise<void> {
    const { recording, trackId, reason, source, token, request } = heard;
    if (request.method === 'HEAD') return;
    const key = JSON.stringify([token, recording.id, trackId, reason]);
    if (!this.#hearings.isNew(key, request.get('range') !== undefined)) return;
    await this.#deps.trail.append({
      ...{ ...source, action: 'recording.played', subject: subjectOf(recording) },
      details: given({ trackId, reason }),
    });
  }
}

export function subjectOf({ id }: Pick<RecordingView, 'id'>) {
  return { type: 'recording', id };
}
