import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { MeetingRooms } from '../gateway/MeetingRooms.ts';
import type { PhoneMedia } from '../media/PhoneMedia.ts';
import { callEnd } from './callEnd.ts';
import type { InboundCall } from './InboundCall.ts';
import { PhoneLeg } from './PhoneLeg.ts';
import type { Trunk } from './trunk.ts';

/** Calls at a time, ringing ones included; one more is refused with 503. */
export const MAX_CALLS = 1_000;
/** RFC 3261 section 20.33: when to try again, in seconds. */
const RETRY_AFTER_S = '10';

export interface SwitchboardOptions {
  media: Pick<PhoneMedia, 'createLeg'>;
  rooms: MeetingRooms;
  trunk: Trunk;
  logger: Logger;
  maxCalls?: number;
}

/** Takes the calls that come in, and owns their legs until they have ended. */
export class Switchboard {
  readonly #options: SwitchboardOptions;
  readonly #legs = new Map<string, PhoneLeg>();
  #closed = false;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
  }

  /** The calls that are up or ringing. */
  get legs(): readonly PhoneLeg[] {
    return [...this.#legs.values()];
  }

  /** A new INVITE: refused at once for what needs no asking, else it becomes a leg. */
  accept(call: InboundCall): void {
    const { trunk, maxCalls = MAX_CALLS, logger, media, rooms } = this.#options;
    if (!trunk.admits(call.source)) {
      logger.warn({ source: call.source, trunk: trunk.name }, 'call from elsewhere refused');
      call.refuse(403);
      return;
    }
    if (this.#closed || this.#legs.size >= maxCalls) {
      logger.warn({ calls: this.#legs.size }, 'call refused: no room for another');
      call.refuse(503, { 'Retry-After': RETRY_AFTER_S });
      return;
    }
    if (call.dialled === undefined) {
      call.refuse(404);
      return;
    }

    const leg = new PhoneLeg({ id: randomUUID(), call, did: call.dialled, media, rooms, logger });
    this.#legs.set(leg.id, leg);
    leg.once('ended', () => this.#legs.delete(leg.id));
    void leg.start();
  }

  /** The SIP server is gone, and with it every call. */
  signalingLost(): void {
    for (const leg of this.legs) void leg.close(callEnd.signalingLost());
  }

  /** BYE to everybody, and no new calls. Twice is silent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.legs.map((leg) => leg.close()));
  }
}
