import { AppError } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { LegEvent, LegMedia, LegQuality } from '../media/PhoneMedia.ts';
import type { CallEvent } from './Call.ts';
import { callEnd, type CallEnd } from './callEnd.ts';
import { MediaWatch } from './MediaWatch.ts';
import { isHold } from './sdp.ts';

export interface CallAudioHandlers {
  onKey: (event: { type: 'key'; key: string }) => void;
  onQuality: (quality: LegQuality) => void;
  /** The other side has put the call on hold, or taken it up again. */
  onHeld: (held: boolean) => void;
  /** Its media is gone for good. */
  onLost: (end: CallEnd) => void;
}

/**
 * The sound of one call: offers and answers (RFC 3264), hold and mute, and whether anything is heard of the
 * caller at all. Owns the media that it is given.
 */
export class CallAudio {
  readonly media: LegMedia;
  readonly #logger: Logger;
  readonly #handlers: CallAudioHandlers;
  readonly #watch: MediaWatch;
  /** Whether our offer is out and its answer will come in an ACK. */
  #awaitsAnswer = false;
  #held = false;
  #muted = false;
  #heldBack = false;

  constructor(media: LegMedia, handlers: CallAudioHandlers, logger: Logger) {
    this.media = media;
    this.#logger = logger;
    this.#handlers = handlers;
    this.#watch = new MediaWatch(() => handlers.onLost(callEnd.mediaLost()));
    media.onEvent((event) => this.#onMedia(event));
  }

  get awaitsAnswer(): boolean {
    return this.#awaitsAnswer;
  }

  /** Whether the other side has the call on hold. */
  get held(): boolean {
    return this.#held;
  }

  /** Our side of it: an answer, or an offer when theirs is empty (a late offer). Errors: as of `LegMedia.answer`. */
  async respond(offer: string): Promise<string> {
    const isLate = offer === '';
    const sdp = isLate ? await this.media.offer() : await this.media.answer(offer);
    this.#awaitsAnswer = isLate;
    // Of a late offer the answer says it: until then all is as it was.
    if (!isLate) this.#setHeld(isHold(offer, sdp));
    return sdp;
  }

  /** The answer to our offer; false when we wait for none. Errors: as of `LegMedia.accept`. */
  async take(answer: string): Promise<boolean> {
    if (!this.#awaitsAnswer) return false;
    this.#awaitsAnswer = false;
    await this.media.accept(answer);
    this.#setHeld(isHold(answer));
    return true;
  }

  /** A re-INVITE: hold, resume, another address or codec, or only a refresh. Never rejects. */
  async respondAgain(event: Extract<CallEvent, { type: 'reoffer' }>): Promise<void> {
    // One offer at a time: ours has no answer yet (RFC 3311 section 5.2, RFC 3261 section 14.2).
    if (this.#awaitsAnswer) {
      event.refuse(491);
      return;
    }
    try {
      event.accept(await this.respond(event.offer));
    } catch (error) {
      this.#logger.warn({ err: error }, 're-INVITE not taken');
      event.refuse(error instanceof AppError ? error.status : 500);
    }
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#applyMute();
  }

  /** Whether nobody may hear the caller, whatever the caller wants. */
  setHeldBack(heldBack: boolean): void {
    this.#heldBack = heldBack;
    this.#applyMute();
  }

  async close(): Promise<void> {
    this.#watch.close();
    this.media.onEvent(undefined);
    await this.media.close();
  }

  #onMedia(event: LegEvent): void {
    switch (event.type) {
      case 'key':
        return this.#handlers.onKey(event);
      case 'mediaUp':
        return this.#watch.heard();
      case 'mediaLost':
        if (event.silentMs === Infinity) return this.#handlers.onLost(callEnd.mediaFailed());
        return this.#watch.silentFor(event.silentMs);
      case 'quality':
        return this.#handlers.onQuality(event.quality);
    }
  }

  #setHeld(held: boolean): void {
    const isNews = held !== this.#held;
    this.#held = held;
    this.#watch.held = held;
    this.#applyMute();
    if (isNews) this.#handlers.onHeld(held);
  }

  /** On hold its music is kept from the room. */
  #applyMute(): void {
    this.media.setMuted(this.#muted || this.#held || this.#heldBack);
  }
}
