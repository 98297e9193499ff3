import { isAgreement, type Consent, type Told } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { participantOf } from '../audit/AuditTrail.ts';
import type { Participant } from '../room/Participant.ts';
import type { Room } from '../room/Room.ts';
import { consentsOf } from '../room/RoomRecording.ts';
import type { PauseControlOptions } from './PauseControl.ts';

export interface ConsentReporterOptions extends Pick<PauseControlOptions, 'running' | 'trail'> {
  logger: Logger;
}

/** Brings what participants were told of a recording, and agreed to, into its manifest and the audit trail. */
export class ConsentReporter {
  readonly #options: ConsentReporterOptions;

  constructor(options: ConsentReporterOptions) {
    this.#options = options;
  }

  watch(room: Room): void {
    // Who comes back has agreed already.
    room.events.on('joined', (participant) => {
      if (participant.told.length > 0) void this.#tell(room, consentsOf(participant));
    });
    room.events.on('told', (participant, told) => void this.#told(room, participant, told));
  }

  async #told(room: Room, participant: Participant, told: Told): Promise<void> {
    const id = await this.#tell(room, [
      { ...told, participantId: participant.id, name: participant.name },
    ]);
    if (!isAgreement(told)) return;
    const { how, policy, language } = told;
    const subject =
      id === undefined ? { type: 'meeting', id: room.meetingId } : { type: 'recording', id };
    try {
      await this.#options.trail.append({
        ...participantOf(participant.id, participant.name),
        ...{ action: 'recording.consented', subject },
        details: { meetingId: room.meetingId, how, policy, language },
      });
    } catch (error) {
      this.#options.logger.error({ err: error }, 'told() | consent not audited');
    }
  }

  /** Gives the recording's id, if there is one. */
  async #tell({ meetingId }: Room, consents: Consent[]): Promise<string | undefined> {
    const running = this.#options.running(meetingId);
    // One that does not begin is told by the one who began it.
    const id = await running?.started.catch(() => undefined);
    if (id !== undefined) running?.recorder.tell(id, consents);
    return id;
  }
}
