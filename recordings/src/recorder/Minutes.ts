import type { Consent, ParticipantKind, TimelineEvent } from '@switchroom/protocol';
import type { Manifest } from '../format/manifest.ts';

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
  readonly #muted = new Set<string>();
  readonly #held = new Set<string>();
  readonly #consents: Manifest['consents'] = [];

  /** Ids of those who are there. */
  get present(): string[] {
    return [...this.#present];
  }

  get content(): Pick<Manifest, 'participants' | 'timeline' | 'consents'> {
    return {
      participants: [...this.#participants.values()],
      timeline: [...this.#timeline],
      consents: [...this.#consents],
    };
  }

  /** Silent for one who is there: their sound may tell first, or they are told of anew after a lost connection. */
  joined({ id, name, kind }: Participant, atMs: number): void {
    if (this.#present.has(id)) return;
    this.#present.add(id);
    this.#participants.set(id, { id, name, kind });
    this.#timeline.push({ atMs, event: 'joined', participantId: id });
  }

  left(participantId: string, atMs: number): void {
    this.#muted.delete(participantId);
    this.#held.delete(participantId);
    this.#present.delete(participantId);
    this.#timeline.push({ atMs, event: 'left', participantId });
  }

  /** False when it is nothing new. */
  muted(participantId: string, muted: boolean, atMs: number): boolean {
    if (!turn(this.#muted, participantId, muted)) return false;
    this.#timeline.push({ atMs, event: muted ? 'muted' : 'unmuted', participantId });
    return true;
  }

  /** False when it is nothing new. */
  held(participantId: string, held: boolean, atMs: number): boolean {
    if (!turn(this.#held, participantId, held)) return false;
    this.#timeline.push({ atMs, event: held ? 'held' : 'resumed', participantId });
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

/** Whether that changed anything. */
function turn(those: Set<string>, participantId: string, isOn: boolean): boolean {
  if (those.has(participantId) === isOn) return false;
  if (isOn) those.add(participantId);
  else those.delete(participantId);
  return true;
}
