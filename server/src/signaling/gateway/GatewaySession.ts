import { AppError, type GatewayKind } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { Alarms } from '../../alarms/Alarms.ts';
import type { AuditTrail } from '../../audit/AuditTrail.ts';
import type { Calls } from '../../calls/Calls.ts';
import { joinable, type MeetingStore } from '../../meetings/MeetingStore.ts';
import type { PinGuard } from '../../meetings/PinGuard.ts';
import type { RecordingControl } from '../../recording/RecordingControl.ts';
import type { Rooms } from '../../room/Rooms.ts';
import type { DialPlan } from '../../trunks/DialPlan.ts';
import { GatewayLink } from './GatewayLink.ts';
import type { GatewayOutbox } from './GatewayOutbox.ts';

/** What the handlers of a gateway call. */
export interface GatewayDeps {
  trail: AuditTrail;
  alarms: Alarms;
  rooms: Rooms;
  meetings: MeetingStore;
  dialPlan: DialPlan;
  recordings: RecordingControl;
  pins: PinGuard;
  calls: Calls;
  logger: Logger;
}

/** One gateway's connection, and its links to rooms. */
export class GatewaySession {
  readonly kind: GatewayKind;
  readonly #outbox: GatewayOutbox;
  readonly #deps: GatewayDeps;
  /** By meeting; a promise, so that a second call waits for the first. */
  readonly #links = new Map<string, Promise<GatewayLink>>();
  readonly #open = new Map<string, GatewayLink>();
  #gone = false;

  constructor(options: { kind: GatewayKind; outbox: GatewayOutbox; deps: GatewayDeps }) {
    this.kind = options.kind;
    this.#outbox = options.outbox;
    this.#deps = options.deps;
  }

  /** Errors: `forbidden` for any other kind of gateway. */
  mustBe(kind: GatewayKind): void {
    if (this.kind !== kind) throw new AppError('forbidden', `Only ${kind} may ask this.`);
  }

  /** The link to this room, made if need be. Errors: `not-found`, `meeting-ended`. */
  async openRoom(meetingId: string): Promise<GatewayLink> {
    let pending = this.#links.get(meetingId);
    if (!pending) {
      pending = this.#connectTo(meetingId);
      this.#links.set(meetingId, pending);
      pending.catch(() => this.#links.delete(meetingId));
    }
    const link = await pending;
    if (this.kind === 'sip-dialin') link.expectPhone();
    return link;
  }

  /** Errors: `conflict` when this gateway has not opened the room. */
  link(meetingId: string): GatewayLink {
    const link = this.#open.get(meetingId);
    if (!link) throw new AppError('conflict', 'The room is not open; open it first.');
    return link;
  }

  /** Errors: `not-found`. */
  linkOfTransport(transportId: string): GatewayLink {
    for (const link of this.#open.values()) {
      if (link.transport.id === transportId) return link;
    }
    throw new AppError('not-found', 'There is no such transport.');
  }

  /** Silent when it is not open. */
  releaseRoom(meetingId: string): void {
    this.#open.get(meetingId)?.close('left');
  }

  /** The connection is lost: its phones are out. Twice is silent. */
  disconnected(): void {
    this.#gone = true;
    for (const link of [...this.#open.values()]) link.close('connection-lost');
  }

  async #connectTo(meetingId: string): Promise<GatewayLink> {
    const { meetings, rooms, logger } = this.#deps;
    joinable(await meetings.byId(meetingId));
    const { room, release } = await rooms.enter(meetingId);
    try {
      // It may have been ended or changed while the room was made, which nobody told it then.
      room.configure(joinable(await meetings.byId(meetingId)));
      const transport = await room.router.createPlainTransport();
      if (this.#gone) {
        transport.close();
        throw new AppError('unavailable', 'The connection was lost.');
      }
      const link = new GatewayLink({
        room,
        kind: this.kind,
        transport,
        outbox: this.#outbox,
        onClosed: () => {
          this.#links.delete(meetingId);
          this.#open.delete(meetingId);
        },
        logger,
      });
      this.#open.set(meetingId, link);
      return link;
    } finally {
      release();
    }
  }
}
