import type { ParticipantView, Role, Told } from '@switchroom/protocol';
import type { MemberEvent, Phone, RoomNews } from './MeetingRooms.ts';
import type { Wish } from './RoomRequests.ts';

/** A phone in a RoomLink, from `enter` until it is out. Holds its state; the link drives it. */
export class Member {
  readonly phone: Phone;
  /** Of the Opus that its media sends; the same for as long as it is in the room. */
  readonly ssrc: number;
  /** Known while the server has it as a participant. */
  participantId: string | undefined;
  /** Who it was in the room before the server went away. */
  returns: string | undefined;
  /** `media` stays so while the server is away. */
  place: 'coming' | 'lobby' | 'media' = 'coming';
  /** It is no participant itself, but where one who came by another way talks and listens ("call me"). */
  carriesAnother = false;
  #name: string;
  #shownName: string | undefined;
  #role: Role;
  #out = false;
  #muted = false;
  #handRaised = false;
  #held = false;
  /** Own wishes that the server has not answered: what it shows meanwhile may be from before them. */
  readonly #asked = { muted: 0, handRaised: 0 };
  #consent: ParticipantView['consent'] = 'none';
  /** What the caller was told of the recording, and agreed to. */
  readonly told: Told[] = [];

  constructor(phone: Phone, ssrc: number) {
    this.phone = phone;
    this.ssrc = ssrc;
    this.#name = phone.name;
    this.#role = phone.role ?? 'participant';
  }

  get muted(): boolean {
    return this.#muted;
  }

  get handRaised(): boolean {
    return this.#handRaised;
  }

  /** What a server that knows nothing of it has to be told: that it is muted, has its hand up, is on hold. */
  get wishes(): Wish[] {
    const [muted, handRaised, held] = [this.#muted, this.#handRaised, this.#held];
    return [
      ...(muted ? [{ muted }] : []),
      ...(handRaised ? [{ handRaised }] : []),
      ...(held ? [{ held }] : []),
    ];
  }

  /** Its own, or what somebody made of it. */
  get name(): string {
    return this.#name;
  }

  isOut(): boolean {
    return this.#out;
  }

  isIn(): boolean {
    return this.place === 'media';
  }

  /** The server took it in, as `view`. */
  takenIn(view: ParticipantView): void {
    this.participantId = view.id;
    this.carriesAnother = view.kind !== 'phone';
    this.#role = view.role;
    this.#shownName = view.name;
    // Whom we called the server has named, and one that starts anew does not know how.
    if (this.phone.callId !== undefined) this.#name = view.name;
  }

  /** In the room from now on. */
  joined(news: RoomNews): void {
    this.#tell({ type: 'joined', role: this.#role, consent: this.#consent, ...news });
  }

  waiting(): void {
    this.place = 'lobby';
    this.#tell({ type: 'waiting' });
  }

  /** The caller's own wish: nothing that it needs to be told. */
  wish(wish: Wish): void {
    if ('muted' in wish) this.#muted = wish.muted;
    else if ('held' in wish) this.#held = wish.held;
    else this.#handRaised = wish.handRaised;
  }

  /** A wish is on its way to the server, until the promise is settled. */
  async asking<T>(wish: Wish, answer: Promise<T>): Promise<T> {
    const count = (change: 1 | -1): void => {
      if ('muted' in wish) this.#asked.muted += change;
      if ('handRaised' in wish) this.#asked.handRaised += change;
    };
    count(1);
    try {
      return await answer;
    } finally {
      count(-1);
    }
  }

  /** How others see it now. */
  update(view: ParticipantView): void {
    if (view.consent !== this.#consent) {
      this.#consent = view.consent;
      this.#tell({ type: 'consent', consent: view.consent });
    }
    if (this.#shownName !== undefined && view.name !== this.#shownName) {
      this.#name = view.name;
      this.#shownName = view.name;
    }
    if (view.muted !== this.#muted && this.#asked.muted === 0) {
      this.#muted = view.muted;
      this.#tell({ type: 'muted', muted: view.muted });
    }
    if (view.handRaised !== this.#handRaised && this.#asked.handRaised === 0) {
      this.#handRaised = view.handRaised;
      this.#tell({ type: 'handRaised', handRaised: view.handRaised });
    }
  }

  unmuteAsked(): void {
    this.#tell({ type: 'unmuteAsked' });
  }

  roomChanged(news: RoomNews): void {
    if (this.place === 'media') this.#tell({ type: 'roomChanged', ...news });
  }

  /** Out for good; tells the phone why, unless it left by itself. */
  end(event?: MemberEvent): void {
    if (this.#out) return;
    this.#out = true;
    if (event) this.phone.onEvent(event);
  }

  #tell(event: MemberEvent): void {
    if (!this.#out) this.phone.onEvent(event);
  }
}
