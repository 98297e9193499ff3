import type { EntrySignal, ParticipantView } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { soundFile } from '../ivr/sounds.ts';
import type { RoomMedia, Sound } from '../media/PhoneMedia.ts';
import type { Phone } from './MeetingRooms.ts';

/** In a fuller room nobody wants to hear of everybody who comes and goes. */
export const RING_PEOPLE_LIMIT = 30;
/** One tone is enough for all who come and go within this. */
export const RING_EVERY_MS = 1_000;
/** Names that wait while another is said; one more is not said: whoever comes then is announced by a tone alone. */
export const MAX_NAMES_WAITING = 3;

interface Name {
  sound: Sound;
  /** Whose it is, and who says it. */
  legId: string;
}

export interface DoorbellOptions {
  /** Undefined while its media is not there. */
  room: () => RoomMedia | undefined;
  /** How many are in the room. */
  count: () => Promise<number>;
  /** In ms, from a monotonic clock. */
  now: () => number;
  logger: Logger;
}

/**
 * Tells the phones of a room that somebody enters or leaves: by a tone, or by the name that a caller has said. Whoever is
 * in the lobby is not there yet. It keeps nobody waiting: what it has to ask, it asks by itself.
 */
export class Doorbell {
  readonly #options: DoorbellOptions;
  /** Those who are no phones of ours, and not in yet. */
  readonly #lobby = new Set<string>();
  #signal: EntrySignal = 'none';
  #rungAt = -Infinity;
  /** Names are said one after the other, not over each other. */
  readonly #names: Name[] = [];
  #isSaying = false;

  constructor(options: DoorbellOptions) {
    this.#options = options;
  }

  /** As the meeting has it. */
  set signal(signal: EntrySignal) {
    this.#signal = signal;
  }

  /** One of our own phones is in the room, and hears that it is. */
  phoneEntered(phone: Phone): void {
    const said = this.#signal === 'roll-call' ? phone.recordedName : undefined;
    const isHeard = said !== undefined && this.#names.length < MAX_NAMES_WAITING;
    void this.#ring('entry', isHeard ? { sound: said, legId: phone.media.id } : undefined);
  }

  phoneLeft(): void {
    void this.#ring('leave');
  }

  /** Somebody else, as the server tells of them. */
  joined({ id, state }: ParticipantView): void {
    if (state === 'lobby') this.#lobby.add(id);
    else void this.#ring('entry');
  }

  updated({ id, state }: ParticipantView): void {
    if (state === 'lobby') this.#lobby.add(id);
    else if (this.#lobby.delete(id)) void this.#ring('entry');
  }

  left(participantId: string): void {
    if (!this.#lobby.delete(participantId)) void this.#ring('leave');
  }

  /** The server knows no more of those who were in. */
  forget(): void {
    this.#lobby.clear();
  }

  async #ring(sound: 'entry' | 'leave', name?: Name): Promise<void> {
    if (this.#signal === 'none') return;
    const at = this.#options.now();
    const isQuiet = at - this.#rungAt < RING_EVERY_MS;
    if (isQuiet && !name) return;
    if (!isQuiet) this.#rungAt = at;
    if (name) this.#names.push(name);
    try {
      const isFull = (await this.#options.count()) > RING_PEOPLE_LIMIT;
      if (!isFull && !isQuiet) await this.#options.room()?.say(soundFile(sound));
      if (isFull) this.#names.length = 0;
    } catch (error) {
      // The server is away: nothing that anybody waits for.
      this.#options.logger.debug({ err: error }, 'doorbell not rung');
    }
    await this.#sayNames();
  }

  /** All that wait, unless somebody is at it. */
  async #sayNames(): Promise<void> {
    if (this.#isSaying) return;
    this.#isSaying = true;
    for (let name = this.#names.shift(); name; name = this.#names.shift()) {
      try {
        await this.#options.room()?.say(name.sound, { legId: name.legId });
      } catch (error) {
        // It has left again.
        this.#options.logger.debug({ err: error }, 'name not said');
      }
    }
    this.#isSaying = false;
  }
}
