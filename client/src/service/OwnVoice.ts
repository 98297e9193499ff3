import { failure, type ParticipantKind } from '@switchroom/protocol';
import type { Stores } from '../stores/stores.ts';
import type { Attempt } from './Attempt.ts';
import type { Ask } from './MeetSocket.ts';
import type { Microphone } from './Microphone.ts';

interface Options {
  microphone: Microphone;
  stores: Pick<Stores, 'meeting' | 'microphone' | 'notices' | 'participants'>;
  /** The meeting this tab is in, or on the way to. */
  attempt: () => Attempt | undefined;
  ask: Ask;
}

/** Our own voice in the meeting, and the hand that asks for it: the microphone here, or a phone that our sound was moved to. */
export class OwnVoice {
  readonly #options: Options;
  /** The microphone was on when our sound went to a phone, and is opened again for its return. */
  #isParked = false;

  constructor(options: Options) {
    this.#options = options;
    const { microphone, stores } = options;
    microphone.onReplaced = (track, why) => {
      // What the user chose needs no telling, and before the room there is nobody to be heard by.
      if (why === 'lost' && options.attempt() !== undefined) {
        stores.notices.show({ about: 'microphone-changed' });
      }
      void this.#produce(track);
    };
    microphone.onLost = (problem) => {
      stores.notices.show({ about: 'microphone', problem });
      void this.setMuted(true);
    };
  }

  /** Takes effect here at once. An unmute that the server refuses is taken back. */
  async setMuted(muted: boolean): Promise<void> {
    const { attempt, stores } = this.#options;
    const current = attempt();
    if (!stores.participants.onPhone) {
      stores.microphone.setMuted(muted);
      current?.session?.setMuted(muted);
    }
    if (current?.session === undefined) return;
    current.muteRequests += 1;
    try {
      await current.request('participant:setMuted', { muted });
      stores.participants.changeSelf({ muted });
    } catch (error) {
      // While reconnecting it is told with the next join.
      if (current !== attempt() || !current.socket.connected) return;
      if (!muted && stores.microphone.muted === muted) this.#muteHere(current);
      stores.notices.show({ about: 'error', code: failure(error).code });
    } finally {
      current.muteRequests -= 1;
    }
  }

  /** From listening only to speaking. Throws a `MicrophoneError`. */
  async turnOn(): Promise<void> {
    const { microphone, stores } = this.#options;
    const track = await microphone.open();
    stores.microphone.setMuted(false);
    await this.#produce(track);
    await this.setMuted(stores.microphone.muted);
  }

  async setHandRaised(handRaised: boolean): Promise<void> {
    const { meeting, participants } = this.#options.stores;
    // While reconnecting it is told with the next join, as mute is.
    const isLater = meeting.connection.state === 'reconnecting';
    const done = isLater || (await this.#options.ask('participant:setHandRaised', { handRaised }));
    if (done !== undefined) participants.changeSelf({ handRaised });
  }

  /** We are in the room, for the first time or again, and had the hand raised before. */
  entered(handRaised: boolean): void {
    const { microphone, stores } = this.#options;
    // The server knows a browser that comes back as a new participant.
    if (handRaised) void this.setHandRaised(true);
    if (stores.participants.onPhone) {
      // The page was loaded anew meanwhile, and joined with the microphone.
      if (stores.microphone.isOn) this.#park();
      return;
    }
    if (this.#isParked) {
      void this.#unpark();
      return;
    }
    const track = microphone.track;
    if (track !== undefined) void this.#produce(track);
    if (stores.microphone.muted) void this.setMuted(true);
  }

  /** The server muted us, e.g. a host did. A phone says so itself, and may have been muted by its own keys. */
  mutedByServer(attempt: Attempt): void {
    const { stores } = this.#options;
    if (attempt.muteRequests > 0 || stores.participants.onPhone || stores.microphone.muted) return;
    this.#muteHere(attempt);
    stores.notices.show({ about: 'muted-by-host' });
  }

  /** Our sound went to a phone, or came back. On a phone, nothing listens here. */
  moved(to: ParticipantKind): void {
    if (to === 'browser') void this.#unpark();
    else this.#park();
  }

  /** The meeting is over for us. */
  left(): void {
    this.#isParked = false;
  }

  #park(): void {
    const { attempt, microphone, stores } = this.#options;
    this.#isParked = stores.microphone.isOn;
    attempt()?.session?.stopProducing();
    microphone.close();
  }

  /** As the phone was: muted there is muted here. */
  async #unpark(): Promise<void> {
    const { microphone, stores } = this.#options;
    const wasOn = this.#isParked;
    this.#isParked = false;
    stores.microphone.setMuted(!wasOn || (stores.participants.self?.muted ?? false));
    try {
      if (wasOn) await this.#produce(await microphone.open());
      else await this.setMuted(true);
    } catch {
      // Why there is none is in the store, and on the screen from there.
      await this.setMuted(true);
    }
  }

  async #produce(track: MediaStreamTrack): Promise<void> {
    const attempt = this.#options.attempt();
    const session = attempt?.session;
    if (session === undefined) return;
    const { microphone, notices, participants } = this.#options.stores;
    try {
      await session.produce(track, microphone.muted);
      if (attempt?.session === session) participants.changeSelf({ muted: microphone.muted });
    } catch (error) {
      if (attempt === this.#options.attempt() && attempt?.session === session) {
        notices.show({ about: 'error', code: failure(error).code });
      }
    }
  }

  #muteHere(attempt: Attempt): void {
    this.#options.stores.microphone.setMuted(true);
    attempt.session?.setMuted(true);
  }
}
