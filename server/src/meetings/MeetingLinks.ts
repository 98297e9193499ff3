import type { Config, DialIn, MeetingView } from '@switchroom/protocol';
import type { Meeting } from './MeetingStore.ts';

type Settings = Pick<Config, 'SIP_HOST' | 'SIP_PORT' | 'ANNOUNCED_ADDRESS'>;

/** How people get to a meeting: the link to open and the numbers to dial. */
export class MeetingLinks {
  readonly publicUrl: string;
  readonly #sipAddress: string;
  readonly #numbers: { readonly promptNumbers: readonly string[] };

  constructor(
    settings: Settings,
    publicUrl: string,
    numbers: { readonly promptNumbers: readonly string[] },
  ) {
    const { SIP_HOST, SIP_PORT, ANNOUNCED_ADDRESS } = settings;
    const host = ['0.0.0.0', '::'].includes(SIP_HOST) ? ANNOUNCED_ADDRESS : SIP_HOST;
    // An IPv6 address stands in brackets (RFC 3261 section 19.1.1).
    const uriHost = host.includes(':') ? `[${host}]` : host;
    this.publicUrl = publicUrl;
    this.#sipAddress = `${uriHost}:${SIP_PORT}`;
    this.#numbers = numbers;
  }

  /** The numbers that lead to the PIN prompt now. */
  get dialIn(): DialIn[] {
    return this.#numbers.promptNumbers.map((number) => ({
      number,
      sipUri: `sip:${number}@${this.#sipAddress}`,
    }));
  }

  joinUrl(meeting: Meeting): string {
    return `${this.publicUrl}/m/${meeting.joinToken}`;
  }

  /** The meeting as its owner sees it; `now` is its room, if it is live. */
  view(meeting: Meeting, now?: { locked: boolean; live: boolean }): MeetingView {
    const { ownerId: _ownerId, joinToken: _joinToken, ...shown } = meeting;
    return {
      ...shown,
      joinUrl: this.joinUrl(meeting),
      dialIn: this.dialIn,
      locked: now?.locked ?? false,
      live: now?.live ?? false,
    };
  }
}
