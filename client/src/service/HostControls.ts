import type { Ask } from './MeetSocket.ts';

/** What hosts do with the others, and everybody with their own name. The room's news shows the effect. */
export class HostControls {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Out of the lobby. */
  async admit(participantId: string): Promise<void> {
    await this.#ask('participant:admit', { participantId });
  }

  async admitAll(): Promise<void> {
    await this.#ask('room:admitAll', {});
  }

  /** Out of the room, or of the lobby. */
  async remove(participantId: string): Promise<void> {
    await this.#ask('participant:remove', { participantId });
  }

  /** Whether it has the new name now. */
  async rename(participantId: string, name: string): Promise<boolean> {
    return (await this.#ask('participant:rename', { participantId, name })) !== undefined;
  }

  async mute(participantId: string): Promise<void> {
    await this.#ask('participant:mute', { participantId });
  }

  async muteAll(): Promise<void> {
    await this.#ask('room:muteAll', {});
  }

  async askUnmute(participantId: string): Promise<void> {
    await this.#ask('participant:askUnmute', { participantId });
  }

  async lowerHand(participantId: string): Promise<void> {
    await this.#ask('participant:lowerHand', { participantId });
  }

  async setLocked(locked: boolean): Promise<void> {
    await this.#ask('room:setLocked', { locked });
  }
}
