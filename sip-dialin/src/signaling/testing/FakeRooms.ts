import { AppError, type EntrySignal, type ErrorCode, type Told } from '@switchroom/protocol';
import type { LegQuality } from '../../media/PhoneMedia.ts';
import type {
  DialledDid,
  MeetingRooms,
  MemberEvent,
  Membership,
  PinQuery,
  PinResult,
  Phone,
  RoomCommand,
  RoomCommandDone,
} from '../../gateway/MeetingRooms.ts';

/** A meeting server that knows one PIN, and one more of the moderator. For tests. */
export class FakeRooms implements MeetingRooms {
  pin = '123456';
  moderatorPin = '654321';
  entry: EntrySignal = 'none';
  language = 'en';
  /** The meeting that the DID leads to, if to one. */
  meetingId: string | null = null;
  didError: ErrorCode | undefined;
  pinError: ErrorCode | undefined;
  /** When set, DIDs are not resolved before it is. */
  didGate: Promise<unknown> = Promise.resolve();
  readonly resolved: { number: string; trunkId: string }[] = [];
  readonly checked: PinQuery[] = [];
  readonly phones: Phone[] = [];
  /** What the phones asked for while in. */
  readonly wishes: ({ muted: boolean } | { handRaised: boolean } | { held: boolean })[] = [];
  /** What they told of their calls. */
  readonly qualities: LegQuality[] = [];
  /** The recorded names of the others. */
  names: Uint8Array[] = [];
  readonly commands: RoomCommand[] = [];
  commandError: ErrorCode | undefined;
  countError: ErrorCode | undefined;
  /** Phones that have left by themselves. */
  readonly left: Phone[] = [];
  readonly told: Omit<Told, 'at'>[] = [];

  async resolveDid(query: { number: string; trunkId: string }): Promise<DialledDid> {
    this.resolved.push(query);
    await this.didGate;
    if (this.didError) throw new AppError(this.didError, 'refused');
    return { language: this.language, meetingId: this.meetingId, entry: this.entry };
  }

  async checkPin(query: PinQuery): Promise<PinResult> {
    this.checked.push(query);
    if (this.pinError) throw new AppError(this.pinError, 'refused');
    const role = query.pin === this.moderatorPin ? 'host' : 'participant';
    if (role !== 'host' && query.pin !== this.pin) throw new AppError('pin-wrong', 'wrong');
    return { meetingId: 'm1', role, entry: this.entry };
  }

  enter(phone: Phone): Membership {
    this.phones.push(phone);
    return {
      leave: () => this.left.push(phone),
      setMuted: (muted) => this.wishes.push({ muted }),
      setHandRaised: (handRaised) => this.wishes.push({ handRaised }),
      setHeld: (held) => this.wishes.push({ held }),
      tellConsent: (told) => this.told.push(told),
      tellQuality: (quality) => this.qualities.push(quality),
      attendance: async () => {
        if (this.countError) throw new AppError(this.countError, 'refused');
        return { people: this.phones.length, names: this.names };
      },
      command: async (command) => {
        this.commands.push(command);
        if (this.commandError) throw new AppError(this.commandError, 'refused');
        return DONE[command];
      },
      refer: async () => ({ callId: 'c1' }),
    };
  }

  /** The server tells the last phone that entered. */
  tell(event: MemberEvent): void {
    this.phones.at(-1)?.onEvent(event);
  }

  /** The last phone that entered is in, as the server says. */
  tellJoined(now: Partial<Omit<Extract<MemberEvent, { type: 'joined' }>, 'type'>> = {}): void {
    const nothing = { consent: 'none', recording: false, paused: false, waiting: 0 } as const;
    this.tell({ type: 'joined', role: 'participant', ...nothing, ...now });
  }
}

const DONE: Record<RoomCommand, RoomCommandDone> = {
  toggleLock: { command: 'toggleLock', locked: true },
  toggleRecording: { command: 'toggleRecording', recording: true },
  togglePause: { command: 'togglePause', recording: true, paused: true },
  muteAll: { command: 'muteAll' },
  admitAll: { command: 'admitAll', admitted: 1 },
};
