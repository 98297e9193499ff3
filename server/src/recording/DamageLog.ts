import type { Damage } from '@switchroom/recordings/vault';
import type { Logger } from 'pino';
import type { Alarms } from '../alarms/Alarms.ts';

/** What was found damaged in the vault: in the log, and counted for whoever is to be alarmed. */
export class DamageLog {
  /** Parts, since the server started. */
  parts = 0;
  readonly #alarms: Alarms;
  readonly #logger: Logger;

  constructor(alarms: Alarms, logger: Logger) {
    this.#alarms = alarms;
    this.#logger = logger.child({ file: 'DamageLog' });
  }

  /** Without a part it is all of the file. */
  add(file: { recordingId: string; trackId: string }, damage: readonly Damage[]): void {
    const parts = Math.max(1, damage.length);
    this.parts += parts;
    this.#logger.error({ ...file, damage }, 'add() | a recording is damaged in the vault');
    this.#alarms.raise({
      kind: 'recording-damaged',
      // Each file once: whoever has seen to one has not seen to the next.
      subject: { type: 'recording', id: file.recordingId, file: file.trackId },
      details: { file: file.trackId, parts: String(parts) },
    });
  }
}
