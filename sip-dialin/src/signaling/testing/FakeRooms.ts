import { AppError, type ErrorCode } from '@switchroom/protocol';
import type {
  DialledDid,
  MeetingRooms,
  MemberEvent,
  Membership,
  PinQuery,
  Phone,
} from '../../gateway/MeetingRooms.ts';

/** A meeting server that knows one PIN. For tests. */
export class FakeRooms implements MeetingRooms {
  pin = '123456';
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
  readonly wishes: ({ muted: boolean } | { handRaised: boolean })[] = [];
  countError: ErrorCode | undefined;
  /** Phones that have left by themselves. */
  readonly left: Phone[] = [];

  async resolveDid(query: { number: string; trunkId: string }): Promise<DialledDid> {
    this.resolved.push(query);
    await this.didGate;
    if (this.didError) throw new AppError(this.didError, 'refused');
    return { language: this.language, meetingId: this.meetingId };
  }

  async checkPin(query: PinQuery): Promise<{ meetingId: string }> {
    this.checked.push(query);
    if (this.pinError) throw new AppError(this.pinError, 'refused');
    if (query.pin !== this.pin) throw new AppError('pin-wrong', 'wrong');
    return { meetingId: 'm1' };
  }

  enter(phone: Phone): Membership {
    this.phones.push(phone);
    return {
      leave: () => this.left.push(phone),
      setMuted: (muted) => this.wishes.push({ muted }),
      setHandRaised: (handRaised) => this.wishes.push({ handRaised }),
      count: async () => {
        if (this.countError) throw new AppError(this.countError, 'refused');
        return this.phones.length;
      },
    };
  }

  /** The server tells the last phone that entered. */
  tell(event: MemberEvent): void {
    this.phones.at(-1)?.onEvent(event);
  }
}
