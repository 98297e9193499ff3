import type { Consent, ParticipantKind } from '@switchroom/protocol';
import type { Manifest, TimelineEvent } from '../format/manifest.ts';

/** A participant as far as a recording is concerned. */
export interface Participant {
  id: string;
  name: string;
  kind: ParticipantKind;
}

/** Who was there and what they did, on the recording's clock (ms). */
export class Minutes {
  readonly #participants = new Map<string, Participant>();
  readonly #timeline: TimelineEvent[] = [];
  readonly #present = new Set<string>();
  readonly #muted = new Map<string, boolean>();
  readonly #consents: Manifest['consents'] = [];

  get content(): Pick<Manifest, 'participants' | 'timeline' | 'consents'> {
    return {
      participants: [...this.#participants.values()],
      timeline: [...this.#timeline],
      consents: [...this.#consents],
    };
  }

  /** Silent for one who is there: of those who came before the recording only their sound tells. */
  joined({ id, name, kind }: Participant, atMs: number): void {
    if (this.#present.has(id)) return;
    this.#present.add(id);
    this.#participants.set(id, { id, name, kind });
    this.#timeline.push({ atMs, event: 'joined', participantId: id });
  }

  left(participantId: string, atMs: number): void {
    this.#muted.delete(participantId);
    this.#present.delete(participantId);
    this.#timeline.push({ atMs, event: 'left', participantId });
  }

  /** False when it is nothing new. */
  muted(participantId: string, muted: boolean, atMs: number): boolean {
    if ((this.#muted.get(participantId) ?? false) === muted) return false;
    this.#muted.set(participantId, muted);
    this.#timeline.push({ atMs, event: muted ? 'muted' : 'unmuted', participantId });
    return true;
  }

  /**
   * Who was told of the recording, or agreed. By the wall's clock, since it may be told late: after a lost connection, or
   * in a later recording. False when all of it is known.
   */
  told(consents: readonly Consent[], startedAt: Date, nowMs: number): boolean {
    const fresh = consents.filter(
      ({ participantId, at, how }) =>
        !this.#consents.some(
          (one) => one.participantId === participantId && one.at === at && one.how === how,
        ),
    );
    for (const consent of fresh) {
      const atMs = Math.min(Date.parse(consent.at) - startedAt.getTime(), nowMs);
      this.#consents.push({ ...consent, atMs });
    }
    return fresh.length > 0;
  }

  /** False when it is nothing new. Names in `participants` are the last ones. */
  renamed(participantId: string, name: string, atMs: number): boolean {
    const participant = this.#participants.get(participantId);
    if (participant === undefined || participant.name === name) return false;
    this.#participants.set(participantId, { ...participant, name });
    this.#timeline.push({ atMs, event: 'renamed', participantId, name });
    return true;
  }
}
