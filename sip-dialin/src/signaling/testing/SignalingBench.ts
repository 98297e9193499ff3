import type { CallPlace, GatewayTrunk } from '@switchroom/protocol';
import { pino } from 'pino';
import { FakePhoneMedia } from '../../media/fake/FakePhoneMedia.ts';
import type { Phone, Membership } from '../../gateway/MeetingRooms.ts';
import { startSipServer, type SipServer } from '../../sip-server/index.ts';
import { SECRET } from '../../sip-server/testing/connected.ts';
import { RawPhone, SDP } from '../../sip-server/testing/RawPhone.ts';
import type { SipServerOptions } from '../../sip-server/SipServer.ts';
import type { CallProgress } from '../outbound/CallOrders.ts';
import { Outgoing } from '../outbound/Outgoing.ts';
import { PhoneLeg } from '../PhoneLeg.ts';
import { SipListener } from '../SipListener.ts';
import { Switchboard } from '../Switchboard.ts';
import { Trunks } from '../Trunks.ts';
import { FakeRooms } from './FakeRooms.ts';

const logger = pino({ level: 'silent' });

/** A meeting server that takes orders to hand a call on. */
class Rooms extends FakeRooms {
  /** Numbers that calls were to be handed on to. */
  readonly referred: string[] = [];
  onRefer: (number: string) => Promise<{ callId: string }> = async () => ({ callId: 'call1' });

  override enter(phone: Phone): Membership {
    const refer = async (number: string): Promise<{ callId: string }> => {
      this.referred.push(number);
      return this.onRefer(number);
    };
    return { ...super.enter(phone), refer };
  }
}

/** All the signaling of sip-dialin on a SIP server, without media and meeting server. For tests. */
export class SignalingBench {
  readonly server: SipServer;
  readonly rooms = new Rooms();
  readonly media = new FakePhoneMedia({ promptsEnd: false });
  readonly trunks = new Trunks();
  readonly switchboard: Switchboard;
  readonly outgoing: Outgoing;
  readonly listener: SipListener;
  readonly told: CallProgress[] = [];
  readonly #phones: RawPhone[] = [];

  private constructor(server: SipServer) {
    this.server = server;
    this.listener = new SipListener({
      ...{ control: server.control, secret: SECRET, logger },
      knows: (source) => this.switchboard.knows(source),
      answers: (source) => this.switchboard.answers(source),
      certified: (host, port) => server.certified(host, port),
      onCall: (call) => this.switchboard.accept(call),
      onLost: () => this.switchboard.signalingLost(),
    });
    this.outgoing = new Outgoing({
      ...{ client: this.listener.client, media: this.media, logger },
      ...{ family: 4, transports: ['udp', 'tcp', 'tls'] },
      invite: ({ order, call, media, trunkId }) =>
        new PhoneLeg({
          ...{ id: order.callId, call, order, media, trunkId, rooms: this.rooms, logger },
        }),
      tell: (news) => this.told.push(news),
      onRegistered: (id, addresses) => this.trunks.registered(id, addresses),
    });
    this.switchboard = new Switchboard({
      ...{ media: this.media, rooms: this.rooms, trunks: this.trunks, logger },
      onHandOn: (leg, request) => this.outgoing.handOn(leg, request),
      others: () => this.outgoing.desk.legs,
    });
  }

  static async open(
    trunks: GatewayTrunk[],
    options: Partial<SipServerOptions> = {},
  ): Promise<SignalingBench> {
    const timers = { t1: 50, t2: 200, t4: 250 };
    const holder: { bench?: SignalingBench } = {};
    const serves = (source: string): boolean => holder.bench?.switchboard.knows(source) ?? true;
    const server = await startSipServer({
      ...{ host: '127.0.0.1', port: 0, secret: SECRET, timers, serves, ...options },
    });
    const bench = new SignalingBench(server);
    holder.bench = bench;
    bench.update(trunks);
    await bench.listener.connect(5_000);
    bench.outgoing.start();
    return bench;
  }

  update(trunks: GatewayTrunk[]): void {
    this.trunks.update({ trunks, numbers: ['+15550100'] });
    this.outgoing.update(trunks);
  }

  /** A phone, or a carrier. */
  async phone(): Promise<RawPhone> {
    const phone = await RawPhone.open({ port: this.server.sip.port });
    this.#phones.push(phone);
    return phone;
  }

  /** A phone that has called and is in the meeting. */
  async joined(): Promise<{ phone: RawPhone; leg: PhoneLeg }> {
    this.rooms.meetingId = 'm1';
    const phone = await this.phone();
    phone.onMessage = (message) => {
      if (message.kind === 'request') phone.reply(message, 200);
    };
    phone.send(
      phone.compose('INVITE', 1, { body: SDP, headers: ['Content-Type: application/sdp'] }),
    );
    await phone.expect(200, 'INVITE');
    phone.send(phone.compose('ACK', 1));
    const leg = this.switchboard.legs.at(-1);
    if (!leg) throw new Error('No leg.');
    this.media.leg(leg.id).finishPrompt();
    this.rooms.tellJoined();
    return { phone, leg };
  }

  order(number: string): CallPlace {
    return {
      ...{ callId: 'call1', meetingId: 'm1', number, language: 'en' },
      ...{ maxSeconds: 600, callMe: false },
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.switchboard.close(), this.outgoing.close()]);
    this.listener.close();
    await this.server.close();
    await Promise.all(this.#phones.map((phone) => phone.close()));
  }
}
