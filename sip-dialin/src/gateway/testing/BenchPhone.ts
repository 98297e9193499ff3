import type { Gateway } from '../Gateway.ts';
import type { MemberEvent, Membership, Phone } from '../MeetingRooms.ts';

let legs = 0;

/** A phone that enters a meeting and notes what it is told. For tests. */
export class BenchPhone {
  /** The types of the events, in order; of a mute with its value, as `muted:true`. */
  readonly events: string[] = [];
  readonly joins: { roomId: string; ssrc: number }[] = [];
  /** The events as they came. */
  readonly told: MemberEvent[] = [];
  /** How often its media was taken out of the room. */
  leaves = 0;
  /** Its media is in the room no sooner than this. */
  joinGate: Promise<unknown> = Promise.resolve();
  readonly membership: Membership;

  constructor(gateway: Gateway, meetingId: string, more: Partial<Phone> = {}) {
    this.membership = gateway.enter({
      meetingId,
      name: 'Ada',
      number: '+15550123',
      ...more,
      media: {
        id: `leg-${(legs += 1)}`,
        join: async (roomId, ssrc) => {
          await this.joinGate;
          this.joins.push({ roomId, ssrc });
        },
        leave: () => void (this.leaves += 1),
      },
      onEvent: (event: MemberEvent) => {
        this.told.push(event);
        this.events.push(event.type === 'muted' ? `muted:${event.muted}` : event.type);
      },
    });
  }
}
