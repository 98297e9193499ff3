import type { GatewayTrunk, TrunkTransport } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { PhoneMedia } from '../../media/PhoneMedia.ts';
import type { HandOn } from '../HandOn.ts';
import type { PhoneLeg } from '../PhoneLeg.ts';
import { CallDesk } from './CallDesk.ts';
import { Dialer, type DialTiming } from './Dialer.ts';
import { Locator, type Dns } from './Locator.ts';
import type { InviteLeg, TellProgress } from './CallOrders.ts';
import type { OutboundTrunkOptions } from './OutboundTrunk.ts';
import { OutboundTrunks } from './OutboundTrunks.ts';
import type { SipClient } from './SipClient.ts';
import { Transfers } from './Transfers.ts';

export interface OutgoingOptions {
  client: SipClient;
  media: Pick<PhoneMedia, 'createLeg'>;
  /** Makes the leg of a call that was answered. */
  invite: InviteLeg;
  tell: TellProgress;
  /** The IP addresses at which a trunk has us registered; none: nowhere. */
  onRegistered: (trunkId: string, addresses: readonly string[]) => void;
  /** What the SIP server has. */
  family: 4 | 6;
  transports: readonly TrunkTransport[];
  logger: Logger;
  timing?: OutboundTrunkOptions['timing'] & { dial?: Partial<DialTiming> };
  dns?: Dns;
}

/** Calls to the outside: makes their parts, owns them, and knows which is for what. */
export class Outgoing {
  readonly desk: CallDesk;
  readonly #trunks: OutboundTrunks;
  readonly #transfers: Transfers;

  constructor(options: OutgoingOptions) {
    const { client, media, invite, tell, onRegistered, logger, timing, dns } = options;
    const { family, transports } = options;
    const locator = new Locator({ family, transports, ...(dns && { dns }) });
    this.#trunks = new OutboundTrunks({
      ...{ client, locator, logger, timing },
      onRegistered: (id, address) => onRegistered(id, address === undefined ? [] : [address]),
    });
    const trunks = this.#trunks;
    const dialer = new Dialer({ client, trunks, locator, logger, timing: timing?.dial });
    this.desk = new CallDesk({ media, dialer, invite, tell, logger });
    this.#transfers = new Transfers({ desk: this.desk, logger });
  }

  /** The server's word on trunks; see `OutboundTrunks`. */
  update(trunks: readonly GatewayTrunk[]): void {
    this.#trunks.update(trunks);
  }

  /** To be called when the SIP server is there. */
  start(): void {
    this.#trunks.start();
  }

  /** A phone wants its call to go on elsewhere. */
  handOn(leg: PhoneLeg, request: HandOn): void {
    this.#transfers.handOn(leg, request);
  }

  /** Calls are ended and registrations taken back. Twice is silent. */
  async close(): Promise<void> {
    await Promise.all([this.desk.close(), this.#trunks.close()]);
  }
}
