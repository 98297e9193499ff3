import { generateKeySync } from 'node:crypto';
import { newSalt, type Manifest } from '../format/manifest.ts';
import { AudioLog, type AudioLogOptions } from './AudioLog.ts';
import { IndexLog } from './IndexLog.ts';
import type { RecordingOptions } from './RecordingOptions.ts';
import type { OpenState } from './StateJournal.ts';

/** What libopus delays sound by in the senders we know (browsers, sip-dialin): 6.5 ms. */
const SENDER_LOOKAHEAD = 312;

/**
 * What the files of a recording have in common: secrets that are drawn at its start and kept in its journal, for whoever
 * has to seal it, and its seek index.
 */
export class RecordingSecrets {
  readonly salt: string = newSalt();
  readonly index: IndexLog;
  readonly #contentKey = generateKeySync('hmac', { length: 256 });
  readonly #mixPreSkip: number;

  private constructor(index: IndexLog, mixPreSkip: number) {
    this.index = index;
    this.#mixPreSkip = mixPreSkip;
  }

  /** Makes the index. `lookahead`: samples that the mix's encoder delays sound by. */
  static async create(options: RecordingOptions, lookahead: number): Promise<RecordingSecrets> {
    return new RecordingSecrets(await IndexLog.create(options), SENDER_LOOKAHEAD + lookahead);
  }

  /** Makes a track's file, or the mix's. */
  async makeLog(
    { vaultDirectory, start, disk }: RecordingOptions,
    file: Pick<AudioLogOptions, 'id' | 'startPosition'> & { isMix?: boolean },
  ): Promise<AudioLog> {
    const { recordingId, recipient } = start;
    const preSkip = file.isMix === true ? this.#mixPreSkip : SENDER_LOOKAHEAD;
    return await AudioLog.create({
      ...{ vaultDirectory, recordingId, recipient, disk, preSkip },
      ...{ id: file.id, startPosition: file.startPosition, index: this.index },
      contentKey: this.#contentKey,
    });
  }

  /** For the journal. */
  stateOf({ start, recorder }: RecordingOptions, manifest: Manifest): OpenState {
    const { recipient, exportKey = null } = start;
    return {
      ...{ recorder, recipient, exportKey, manifest },
      contentKey: this.#contentKey.export().toString('base64'),
      preSkip: { track: SENDER_LOOKAHEAD, mix: this.#mixPreSkip },
    };
  }
}
