import type { GatewayTrunk } from '@switchroom/protocol';
import { pino } from 'pino';
import { startSipServer, type SipServer } from '../../../sip-server/index.ts';
import type { SipServerOptions } from '../../../sip-server/SipServer.ts';
import { SECRET } from '../../../sip-server/testing/connected.ts';
import { RawPhone, SDP } from '../../../sip-server/testing/RawPhone.ts';
import type { SipRequest } from '../../../sip-server/message/SipMessage.ts';
import type { InboundCall } from '../../InboundCall.ts';
import { SipListener } from '../../SipListener.ts';
import { gatewayTrunk } from '../../testing/gatewayTrunk.ts';
import { Dialer, type Dialled, type DialRequest, type DialTiming } from '../Dialer.ts';
import { Locator } from '../Locator.ts';
import type { OutboundTrunkOptions } from '../OutboundTrunk.ts';
import { OutboundTrunks } from '../OutboundTrunks.ts';
import type { Outbound } from '../trunkParts.ts';

const logger = pino({ level: 'silent' });

/** An outbound trunk whose carrier listens on this port of this machine. For tests. */
export function outboundTrunk(
  port: number,
  changes: Partial<Outbound> = {},
  trunk: Partial<GatewayTrunk> = {},
): GatewayTrunk {
  return gatewayTrunk({
    ...{ id: `carrier-${port}`, name: `carrier-${port}` },
    outbound: {
      uri: `sip:127.0.0.1:${port}`,
      priority: 10,
      callerId: '+15550177',
      fromUser: 'caller-id',
      username: null,
      password: null,
      register: false,
      maxCalls: 10,
      ...changes,
    },
    ...trunk,
  });
}

/** Our SIP server with all that calls go out by, and carriers that do as the test says. For tests. */
export class OutboundBench {
  readonly server: SipServer;
  readonly listener: SipListener;
  readonly locator = new Locator({ family: 4, transports: ['udp', 'tcp'] });
  readonly trunks: OutboundTrunks;
  /** Calls that came in. */
  readonly inbound: InboundCall[] = [];
  readonly registered = new Map<string, string | undefined>();
  readonly #carriers: RawPhone[] = [];

  private constructor(server: SipServer, timing: OutboundTrunkOptions['timing']) {
    this.server = server;
    this.listener = new SipListener({
      ...{ control: server.control, secret: SECRET, logger },
      knows: () => true,
      answers: () => true,
      certified: (host, port) => server.certified(host, port),
      onCall: (call) => this.inbound.push(call),
      onLost: () => undefined,
    });
    this.trunks = new OutboundTrunks({
      ...{ client: this.listener.client, locator: this.locator, logger, timing },
      onRegistered: (id, address) => this.registered.set(id, address),
    });
  }

  static async open(
    timing?: OutboundTrunkOptions['timing'],
    options: Partial<SipServerOptions> = {},
  ): Promise<OutboundBench> {
    const timers = { t1: 25, t2: 100, t4: 125 };
    const holder: { bench?: OutboundBench } = {};
    const server = await startSipServer({
      ...{ host: '127.0.0.1', port: 0, secret: SECRET, timers, ...options },
      authorize: (challenged) => holder.bench?.listener.client.authorize(challenged),
    });
    const bench = new OutboundBench(server, timing);
    holder.bench = bench;
    await bench.listener.connect(5_000);
    return bench;
  }

  /** A carrier that answers requests of a method as told; OPTIONS with 200 unless told. */
  async carrier(answers: Record<string, (request: SipRequest, phone: RawPhone) => void>) {
    const phone = await RawPhone.open({ port: this.server.sip.port });
    this.#carriers.push(phone);
    const all: typeof answers = { OPTIONS: status(200), BYE: status(200), ...answers };
    phone.onMessage = (message) => {
      if (message.kind === 'request') all[message.method]?.(message, phone);
    };
    return phone;
  }

  /** Calls +15550123. */
  dial(request: Partial<DialRequest> = {}, timing: Partial<DialTiming> = {}): Promise<Dialled> {
    const { listener, trunks, locator } = this;
    return new Dialer({ client: listener.client, trunks, locator, logger, timing }).dial({
      number: '+15550123',
      offer: () => Promise.resolve(SDP),
      onRinging: () => undefined,
      signal: new AbortController().signal,
      ...request,
    });
  }

  async close(): Promise<void> {
    await this.trunks.close();
    this.listener.close();
    await this.server.close();
    await Promise.all(this.#carriers.map((phone) => phone.close()));
  }
}

/** Answers so. */
export function status(code: number, headers: string[] = []) {
  return (request: SipRequest, phone: RawPhone): void => phone.reply(request, code, { headers });
}

/** Takes the call. */
export function takes(request: SipRequest, phone: RawPhone): void {
  phone.reply(request, 200, { body: SDP, headers: ['Content-Type: application/sdp'] });
}
