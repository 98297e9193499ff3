import type { LeaveReason, ParticipantView } from '@switchroom/protocol';

/** What was told of participants whose `phone:join` we have not read the answer to. */
export class EarlyNews {
  readonly #updated = new Map<string, ParticipantView>();
  readonly #left = new Map<string, LeaveReason>();

  updated(participant: ParticipantView): void {
    this.#updated.set(participant.id, participant);
  }

  left(participantId: string, reason: LeaveReason): void {
    this.#left.set(participantId, reason);
  }

  /** What is known of it by now. */
  of(participantId: string): { view?: ParticipantView; left?: LeaveReason } {
    const view = this.#updated.get(participantId);
    const left = this.#left.get(participantId);
    return { ...(view && { view }), ...(left && { left }) };
  }

  clear(): void {
    this.#updated.clear();
    this.#left.clear();
  }
}
