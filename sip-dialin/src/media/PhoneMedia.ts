/**
 * What a media engine does for phones, in our words. It terminates each call's RTP, plays prompts,
 * hears keys, mixes each phone the room without itself, and transcodes each phone to Opus for the SFU.
 * It knows no SIP, no PIN and no meeting rules. Every engine passes `phoneMediaContract.ts`.
 */
export interface PhoneMedia {
  /**
   * A new leg with an RTP port of its own. `legId` must not be open already (`conflict`).
   * Errors: `media-unavailable` when no port is free or the engine is down.
   */
  createLeg(legId: string, options?: LegMediaOptions): Promise<LegMedia>;

  /** A room's mixer and its RTP socket towards the SFU. Errors as above. */
  createRoom(roomId: string): Promise<RoomMedia>;

  /** Ends all legs and rooms. Twice is silent. */
  close(): Promise<void>;
}

export interface LegMediaOptions {
  /**
   * SRTP by keys in the SDP (RFC 4568): `optional` (default) takes it where an offer has it, and
   * offers plain RTP; `required` offers it, and refuses what has not (`no-codec`); `off` refuses it.
   */
  srtp?: 'off' | 'optional' | 'required';
}

/**
 * The media of one call, from the first SDP to the BYE. Once it is closed, or its engine is down,
 * everything that gives a promise (but `close`) fails with `media-unavailable`.
 */
export interface LegMedia {
  readonly id: string;

  /**
   * Answers an SDP offer (first INVITE or re-INVITE) with the codec that both have; gives the SDP answer.
   * Errors: `no-codec` (the call gets 488), `bad-request` for SDP that cannot be read.
   */
  answer(offer: string): Promise<string>;

  /** An SDP offer of ours, for an INVITE that came without one or that we send. */
  offer(): Promise<string>;

  /** Takes the answer to our offer. Errors as in `answer`. */
  accept(answer: string): Promise<void>;

  /**
   * Plays sounds one after the other, instead of what was playing. In a room the leg hears them
   * instead of the others, and is itself heard as before: words must not get lost. Resolves with how
   * it ended: `join`, the next `play` or `record` and a leg that closes end it as `stopped`. With
   * `loop` it begins again without a gap until it is stopped (waiting music). Errors:
   * `media-unavailable` for a file that cannot be played.
   */
  play(sounds: readonly Sound[], options?: { loop?: boolean }): Promise<'finished' | 'stopped'>;

  /**
   * Records the caller (a name at roll-call) until `maxMs`, or until `stop`, `play`, `join`, `leave`,
   * `close` or another `record`, and gives it as the bytes of a WAV file that `play` and `RoomMedia.say`
   * take: 16 kHz mono, 8-bit mu-law, silence cut off at both ends; no bytes at all when nothing was
   * said. Ends what plays. It is kept in memory only. Errors: `conflict` while in a room,
   * `media-unavailable`.
   */
  record(maxMs: number): Promise<Uint8Array>;

  /** Ends what plays or is recorded; silent when nothing is. */
  stop(): void;

  /**
   * Into a room: from now on the phone hears the room without itself, the room's other phones hear
   * it, and its Opus goes to the SFU under `ssrc`. Ends what plays, leaves a room it was in.
   * Errors: `not-found` when the room is not open.
   */
  join(roomId: string, ssrc: number): Promise<void>;

  /** Out of its room at once, if in one; the leg stays up and hears silence. */
  leave(): void;

  /** A muted phone is heard by nobody; it goes on hearing. */
  setMuted(muted: boolean): void;

  /** How loud the room is to this phone, in dB: -12 to 12, at first 0. Prompts stay as they are. */
  setVolume(db: number): void;

  /** Out of its room, if in one, and the RTP port is free again. Twice is silent. */
  close(): Promise<void>;

  /** One handler a leg: `undefined` takes it away. */
  onEvent(handler: ((event: LegEvent) => void) | undefined): void;
}

export type LegEvent =
  /** A key was pressed (RFC 4733): `0`-`9`, `*`, `#`, `A`-`D`. Once a press. */
  | { type: 'key'; key: string }
  /** The first RTP packet of the caller arrived, or the first after `mediaLost`. */
  | { type: 'mediaUp' }
  /**
   * No RTP for `silentMs` though the leg should send. Told every 10 s while it lasts. `Infinity` once:
   * the engine lost this leg for good, and only `close` is left to be called.
   */
  | { type: 'mediaLost'; silentMs: number }
  /** How the call has been since the last time, by RTP and RTCP both ways; about every 5 s. */
  | { type: 'quality'; quality: LegQuality };

/** A path to a WAV file (16 kHz mono, 8-bit mu-law), or the bytes of one. */
export type Sound = string | Uint8Array;

/** The worse of both ways where both are known. */
export interface LegQuality {
  /** Estimated mean opinion score, 1 to 4.5 (ITU-T G.107, for the leg's codec). */
  mos: number;
  /** Share of packets lost, 0 to 1. */
  loss: number;
  /** Interarrival jitter, RFC 3550 section 6.4.1. */
  jitterMs: number;
  /** From the phone's receiver reports; null while it sends none. */
  roundTripMs: number | null;
}

/** Where one end of the room's RTP stream with the SFU listens. */
export interface RtpAddress {
  ip: string;
  port: number;
}

/** A room's mixer. */
export interface RoomMedia {
  readonly id: string;
  /**
   * Our RTP socket for this room (rtcp-mux), known from the start. Read it after `connect`: a socket
   * that is bound to all addresses learns only then from which of them the SFU hears it.
   */
  readonly local: RtpAddress;

  /** Tells where the SFU listens and in what shape it takes our Opus. */
  connect(sfu: RtpAddress & { payloadType: number; audioLevelExtensionId: number }): Promise<void>;

  /**
   * Whether the SFU is sent what the room's phones say; at first it is. While it is not, nothing is encoded for it,
   * and time goes on: what is sent afterwards follows as after a pause.
   */
  setForwarding(forwarding: boolean): void;

  /** From now on Opus of this SSRC is mixed to all phones of the room. */
  addSource(ssrc: number): void;
  removeSource(ssrc: number): void;

  /**
   * Plays to all phones of the room, over what is said (a tone as somebody enters or leaves), or, with the leg
   * of a phone in the room, as if that phone said it: then the SFU gets it too, under its SSRC (a
   * recorded name), also of one that is muted; what its caller says meanwhile is left out, and it does
   * not hear it itself. Several are queued, those of a phone by themselves. Resolves when it was said,
   * or when there is nobody left to hear or say it. Errors: `not-found` when that phone is not in the
   * room, `media-unavailable` for a file that cannot be played.
   */
  say(sound: Sound, as?: { legId: string }): Promise<void>;

  /** Ends the room; its legs stay up and hear silence. Twice is silent. */
  close(): Promise<void>;
}
