import type { Gateway } from '../Gateway.ts';
import type { MemberEvent, Membership } from '../MeetingRooms.ts';

/** A phone that enters a meeting and notes what it is told. For tests. */
export class BenchPhone {
  /** The types of the events, in order; of a mute with its value, as `muted:true`. */
  readonly events: string[] = [];
  readonly joins: { roomId: string; ssrc: number }[] = [];
  readonly membership: Membership;

  constructor(gateway: Gateway, meetingId: string) {
    this.membership = gateway.enter({
      meetingId,
      name: 'Ada',
      number: '+15550123',
      media: {
        join: async (roomId, ssrc) => {
          this.joins.push({ roomId, ssrc });
        },
      },
      onEvent: (event: MemberEvent) => {
        this.events.push(event.type === 'muted' ? `muted:${event.muted}` : event.type);
      },
    });
  }
}
