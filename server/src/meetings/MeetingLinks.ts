import type { Config, DialIn, MeetingView } from '@switchroom/protocol';
import type { Meeting } from './MeetingStore.ts';

type Settings = Pick<Config, 'DIDS' | 'SIP_HOST' | 'SIP_PORT' | 'ANNOUNCED_ADDRESS'>;

/** How people get to a meeting: the link to open and the numbers to dial. */
export class MeetingLinks {
  readonly publicUrl: string;
  readonly dialIn: DialIn[];

  constructor(settings: Settings, publicUrl: string) {
    const { DIDS, SIP_HOST, SIP_PORT, ANNOUNCED_ADDRESS } = settings;
    const host = ['0.0.0.0', '::'].includes(SIP_HOST) ? ANNOUNCED_ADDRESS : SIP_HOST;
    // An IPv6 address stands in brackets (RFC 3261 section 19.1.1).
    const uriHost = host.includes(':') ? `[${host}]` : host;
    this.publicUrl = publicUrl;
    this.dialIn = DIDS.map((number) => ({
      number,
      sipUri: `sip:${number}@${uriHost}:${SIP_PORT}`,
    }));
  }

  joinUrl(meeting: Meeting): string {
    return `${this.publicUrl}/m/${meeting.joinToken}`;
  }

  /** The meeting as its owner sees it. */
  view(meeting: Meeting, live: boolean): MeetingView {
    const { id, title, pin, lobby, recording, createdAt, endedAt } = meeting;
    const { dialIn } = this;
    const joinUrl = this.joinUrl(meeting);
    return { id, title, joinUrl, pin, dialIn, lobby, recording, createdAt, endedAt, live };
  }

  /** The DID that was dialled, in whatever form a trunk wrote it; `undefined` if it is not ours. */
  did(dialled: string): string | undefined {
    const digits = dialled.replace(/\D/g, '');
    return this.dialIn.find(({ number }) => number.replace(/\D/g, '') === digits)?.number;
  }
}
