import type { Sound } from '../../PhoneMedia.ts';
import type { LegCodec } from '../codecs/legCodecs.ts';
import type { PromptStore } from '../prompts/PromptStore.ts';
import { PromptPlayer } from './PromptPlayer.ts';

/** One call of `play`; without a player while its sounds are being loaded. */
interface Play {
  sounds: readonly Sound[];
  loop: boolean;
  end: (how: 'finished' | 'stopped') => void;
  player: PromptPlayer | undefined;
}

/** What plays to one leg: one call of `play` at a time. */
export class LegPlayback {
  readonly #prompts: PromptStore;
  readonly #codec: () => LegCodec;
  readonly #onFirst: () => void;
  #play: Play | undefined;
  #hasPlayed = false;

  /** `codec`: of the leg, as it is just now. `onFirst`: the first of all that it plays is ready. */
  constructor(prompts: PromptStore, codec: () => LegCodec, onFirst: () => void) {
    this.#prompts = prompts;
    this.#codec = codec;
    this.#onFirst = onFirst;
  }

  /** Instead of what plays. Errors: `media-unavailable` for a sound that cannot be played. */
  play(sounds: readonly Sound[], loop: boolean): Promise<'finished' | 'stopped'> {
    this.stop();
    const ended = Promise.withResolvers<'finished' | 'stopped'>();
    const play: Play = { sounds, loop, end: ended.resolve, player: undefined };
    this.#play = play;
    this.#load(play).catch((error: unknown) => {
      if (this.#play === play) this.#play = undefined;
      ended.reject(error);
    });
    return ended.promise;
  }

  /** Also what is still being loaded is told off at once. */
  stop(): void {
    this.#play?.end('stopped');
    this.#play = undefined;
  }

  /** The next 20 ms in the leg's codec, if something plays. */
  next(): Uint8Array | undefined {
    return this.#play?.player?.next();
  }

  /** What plays begins anew in the leg's new codec; who plays it is told of a file that is missing. */
  async codecChanged(): Promise<void> {
    if (this.#play) await this.#load(this.#play).catch(() => undefined);
  }

  async #load(play: Play): Promise<void> {
    const codec = this.#codec();
    const sounds = await this.#sounds(play, codec);
    if (codec !== this.#codec()) return this.#load(play); // It was negotiated meanwhile.
    play.player = new PromptPlayer(sounds, () => {
      if (this.#play === play) this.#play = undefined;
      play.end('finished');
    });
    if (this.#play !== play || this.#hasPlayed) return;
    this.#hasPlayed = true;
    this.#onFirst();
  }

  #sounds(
    { sounds, loop }: Play,
    codec: LegCodec,
  ): Promise<ConstructorParameters<typeof PromptPlayer>[0]> {
    if (loop) return this.#prompts.loadLoop(sounds, codec);
    return Promise.all(sounds.map((sound) => this.#prompts.load(sound, codec)));
  }
}
