import type { Logger } from 'pino';
import type { Utterance } from '../ivr/conversation.ts';
import { promptFiles } from '../ivr/prompts.ts';
import { isSoundId, soundFile } from '../ivr/sounds.ts';
import type { LegMedia, Sound } from '../media/PhoneMedia.ts';

/** Says prompts to one caller, in the caller's language, and records a name. The leg that made it owns its media. */
export class Announcer {
  /** RFC 5646; one that nobody has spoken is English. */
  language: string;
  readonly #media: Pick<LegMedia, 'play' | 'record' | 'stop'>;
  readonly #logger: Logger;
  /** Which prompt is the current one: the end of an older one means nothing. */
  #number = 0;

  constructor(media: Pick<LegMedia, 'play' | 'record' | 'stop'>, language: string, logger: Logger) {
    this.#media = media;
    this.language = language;
    this.#logger = logger;
  }

  /** Instead of what plays. True when it is over by itself, also as it cannot be played. Never rejects. */
  async play(utterances: readonly Utterance[], { loop = false } = {}): Promise<boolean> {
    const number = (this.#number += 1);
    try {
      const how = await this.#media.play(
        utterances.flatMap((each) => this.#soundsOf(each)),
        { loop },
      );
      return how === 'finished' && number === this.#number;
    } catch (error) {
      const prompts = utterances.filter((each) => typeof each === 'string');
      this.#logger.error({ err: error, prompts }, 'prompt not played');
      return true;
    }
  }

  /** The caller, as a WAV, until `stop`; nothing when nothing can be recorded. Never rejects. */
  async record(maxMs: number): Promise<Uint8Array> {
    this.#number += 1;
    try {
      return await this.#media.record(maxMs);
    } catch (error) {
      this.#logger.error({ err: error }, 'name not recorded');
      return new Uint8Array();
    }
  }

  stop(): void {
    this.#number += 1;
    this.#media.stop();
  }

  #soundsOf(utterance: Utterance): Sound[] {
    if (typeof utterance !== 'string') return [utterance];
    return isSoundId(utterance) ? [soundFile(utterance)] : promptFiles([utterance], this.language);
  }
}
