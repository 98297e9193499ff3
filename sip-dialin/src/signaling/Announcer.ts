import type { Logger } from 'pino';
import { promptFiles, type PromptId } from '../ivr/prompts.ts';
import type { LegMedia } from '../media/PhoneMedia.ts';

/** Says prompts to one caller, in the caller's language. The leg that made it owns its media. */
export class Announcer {
  /** RFC 5646; one that nobody has spoken is English. */
  language = 'en';
  readonly #media: Pick<LegMedia, 'play' | 'stop'>;
  readonly #logger: Logger;
  /** Which prompt is the current one: the end of an older one means nothing. */
  #number = 0;

  constructor(media: Pick<LegMedia, 'play' | 'stop'>, logger: Logger) {
    this.#media = media;
    this.#logger = logger;
  }

  /** Instead of what plays. True when it is over by itself, also as it cannot be played. Never rejects. */
  async play(prompts: readonly PromptId[]): Promise<boolean> {
    const number = (this.#number += 1);
    try {
      const how = await this.#media.play(promptFiles(prompts, this.language));
      return how === 'finished' && number === this.#number;
    } catch (error) {
      this.#logger.error({ err: error, prompts }, 'prompt not played');
      return true;
    }
  }

  stop(): void {
    this.#number += 1;
    this.#media.stop();
  }
}
