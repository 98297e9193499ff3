import type { MemberEvent, Phone } from './MeetingRooms.ts';

/** A phone in a RoomLink, from `enter` until it is out. Holds its state; the link drives it. */
export class Member {
  readonly phone: Phone;
  /** Of the Opus that its media sends; the same for as long as it is in the room. */
  readonly ssrc: number;
  /** Known while the server has it as a participant. */
  participantId: string | undefined;
  /** Whether its media is in the room: stays so while the server is away. */
  inMedia = false;
  #out = false;
  #muted = false;
  #handRaised = false;

  constructor(phone: Phone, ssrc: number) {
    this.phone = phone;
    this.ssrc = ssrc;
  }

  get muted(): boolean {
    return this.#muted;
  }

  get handRaised(): boolean {
    return this.#handRaised;
  }

  isOut(): boolean {
    return this.#out;
  }

  joined(): void {
    if (!this.#out) this.phone.onEvent({ type: 'joined' });
  }

  /** The caller's own wish: nothing that it needs to be told. */
  wish(wish: { muted: boolean } | { handRaised: boolean }): void {
    if ('muted' in wish) this.#muted = wish.muted;
    else this.#handRaised = wish.handRaised;
  }

  setMuted(muted: boolean): void {
    if (this.#out || muted === this.#muted) return;
    this.#muted = muted;
    this.phone.onEvent({ type: 'muted', muted });
  }

  setHandRaised(handRaised: boolean): void {
    if (this.#out || handRaised === this.#handRaised) return;
    this.#handRaised = handRaised;
    this.phone.onEvent({ type: 'handRaised', handRaised });
  }

  /** Out for good; tells the phone why, unless it left by itself. */
  end(event?: MemberEvent): void {
    if (this.#out) return;
    this.#out = true;
    if (event) this.phone.onEvent(event);
  }
}
