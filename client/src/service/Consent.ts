import { RECORDING_WORDS, type ConsentPolicy } from '@switchroom/protocol';
import type { Ask, Request } from './MeetSocket.ts';

/** The one language that the app has. */
const LANGUAGE = 'en';

/** What the recording's manifest will say that we were shown, and agreed to. */
export class Consent {
  readonly #request: Request;
  readonly #ask: Ask;

  constructor({ request, ask }: { request: Request; ask: Ask }) {
    this.#request = request;
    this.#ask = ask;
  }

  /** As they are to be on the screen. */
  words(policy: ConsentPolicy): string {
    return RECORDING_WORDS[LANGUAGE][policy];
  }

  /** They are on the screen. That this could not be told is nothing to bother anybody with: it is again after a reconnect. */
  async shown(policy: ConsentPolicy): Promise<void> {
    const told = { how: 'shown', language: LANGUAGE, words: this.words(policy) } as const;
    await this.#request('recording:told', told).catch(() => undefined);
  }

  /** Whether the server knows. */
  async agree(policy: ConsentPolicy): Promise<boolean> {
    const told = { how: 'button', language: LANGUAGE, words: this.words(policy) } as const;
    return (await this.#ask('recording:told', told)) !== undefined;
  }
}
