import { AppError, type RecordingView, type User } from '@switchroom/protocol';
import type { Request } from 'express';
import type { AuditDraft, AuditSource } from '../audit/AuditTrail.ts';
import { given } from '../audit/given.ts';
import { Hearings } from '../audit/Hearings.ts';
import { hasRole } from '../identity/roles.ts';
import type { RecordingPolicy } from '../retention/RecordingPolicy.ts';

interface Deps {
  recordingPolicy: Pick<RecordingPolicy, 'value'>;
  trail: { append: (draft: AuditDraft) => Promise<unknown> };
}

/** What is wrong where a recording cannot be opened. */
export const CLOSED = ['key-elsewhere', 'key-lost', 'recording-damaged'] as const;

/** A call by which somebody wants to hear or see a recording's sound. */
export interface Wish {
  params: { id: string };
  query: { reason?: string | undefined };
  user: User;
  source: AuditSource;
  token: string;
  request: Pick<Request, 'method' | 'route'>;
}

/** What of which recording; the mix is a track as well. */
export interface Sound {
  recording: RecordingView;
  trackId: string;
}

/** Who hears what, by the recording policy; each hearing is written down before the first byte goes out. */
export class Player {
  readonly #deps: Deps;
  readonly #hearings = new Hearings();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Before anything is looked up. Whom the policy keeps from hearing is written down, as who lacks a role is; under
   * the id that was asked for, whether there is such a recording or not. Errors: `forbidden`, `reason-required`.
   */
  async check({ params, query, user, source, request }: Wish): Promise<void> {
    const { hostsMayPlay, reasonToPlay } = this.#deps.recordingPolicy.value;
    const { reason = '' } = query;
    if (!hostsMayPlay && !hasRole(user, 'compliance-officer')) {
      const { path } = request.route as { path: string };
      await this.#deps.trail.append({
        ...{ ...source, action: 'access.refused', outcome: 'refused', subject: subjectOf(params) },
        details: given({ method: request.method, path, reason }),
      });
      throw new AppError('forbidden', 'Only compliance officers hear recordings.');
    }
    if (reasonToPlay && reason === '') {
      throw new AppError('reason-required', 'Give a reason, as in ?reason=Complaint%2012.');
    }
  }

  /** That it is heard. `isPart`: a range of it is sent, and not the whole. */
  async noteSound(wish: Wish, sound: Sound, isPart: boolean): Promise<void> {
    await this.#note(wish, sound, { action: 'recording.played', isPart });
  }

  /** That its peaks are seen. The page loads them at each look: those of five minutes are one. */
  async notePeaks(wish: Wish, sound: Sound): Promise<void> {
    await this.#note(wish, sound, { action: 'recording.viewed', part: 'peaks', isPart: true });
  }

  async #note(
    { query: { reason }, source, token, request }: Wish,
    { recording, trackId }: Sound,
    { action, part, isPart }: { action: string; part?: string; isPart: boolean },
  ): Promise<void> {
    if (request.method === 'HEAD') return;
    const key = JSON.stringify([token, action, recording.id, trackId, reason]);
    if (!this.#hearings.isNew(key, isPart)) return;
    try {
      await this.#deps.trail.append({
        ...{ ...source, action, subject: subjectOf(recording) },
        details: given({ part, trackId, reason }),
      });
    } catch (error) {
      this.#hearings.forget(key);
      throw error;
    }
  }
}

export function subjectOf({ id }: Pick<RecordingView, 'id'>) {
  return { type: 'recording', id };
}
