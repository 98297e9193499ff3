import { randomBytes, randomInt } from 'node:crypto';
import { AppError } from '@switchroom/protocol';
import type { RtpAddress } from '../../PhoneMedia.ts';
import { createFrameEncoder } from '../codecs/frameEncoders.ts';
import { LEG_FORMATS, type LegCodec } from '../codecs/legCodecs.ts';
import { createPhoneEncoder, createSourceDecoder } from '../codecs/opus.ts';
import type { Leg } from '../leg/Leg.ts';
import { OpusSource } from '../mixer/OpusSource.ts';
import type { Leading } from '../mixer/Pulse.ts';
import { RoomMixer, type MixedSource } from '../mixer/RoomMixer.ts';
import type { Ticker } from '../mixer/Ticker.ts';
import type { PortPair } from '../net/PortPool.ts';
import { SayQueue } from '../prompts/SayQueue.ts';
import { isRtcp, parseRtp, writeRtp } from '../rtp/packet.ts';
import { parseRtcp } from '../rtp/rtcp.ts';
import { OpusForwarder } from '../uplink/OpusForwarder.ts';
import { OpusUplink, type LegUplink, type UplinkPacket } from '../uplink/OpusUplink.ts';
import { RoomClock } from './RoomClock.ts';
import { SourceVoice } from './SourceVoice.ts';
import { SfuReports } from './SfuReports.ts';

const REPORT_INTERVAL_MS = 2000;

export type SfuAddress = RtpAddress & { payloadType: number; audioLevelExtensionId: number };

/** One phone's way to the SFU. The room makes and frees it. */
export interface Uplink extends Pick<LegUplink, 'push' | 'rest' | 'passOver' | 'pause'> {
  readonly ssrc: number;
  readonly codec: LegCodec;
}

interface OwnUplink {
  readonly ssrc: number;
  readonly cname: string;
  readonly opus: LegUplink;
}

/** A room in the worker: its phones, its sources, the mixer, and the RTP socket with the SFU. */
export class Room {
  readonly id: string;
  #local: RtpAddress;
  readonly stats = { malformed: 0, unknown: 0 };
  readonly mixer = new RoomMixer();
  readonly #ports: PortPair;
  readonly #clock: RoomClock;
  readonly #legs = new Set<Leg>();
  readonly #uplinks = new Map<Uplink, OwnUplink>();
  /** `undefined` while the decoder is being made. */
  readonly #sources = new Map<number, SourceVoice | undefined>();
  /** What is said to all phones, beside what people say. */
  readonly #said = new SayQueue();
  readonly #reports = new SfuReports();
  readonly #ssrc = randomInt(1, 2 ** 32);
  #sfu: SfuAddress | undefined;
  #nextReportAt = 0;
  #forwards = true;
  #closed = false;

  constructor(options: { id: string; ports: PortPair; ticker: Ticker; ip: string }) {
    this.id = options.id;
    this.#ports = options.ports;
    this.#clock = new RoomClock((now) => {
      let quiet = true;
      options.ticker.guard(() => (quiet = this.#tick(now)));
      return quiet;
    });
    this.#local = { ip: options.ip, port: options.ports.rtp.local.port };
    options.ports.rtp.onMessage = (data) => this.#received(data);
  }

  /** Where the SFU sees our stream come from. */
  get local(): RtpAddress {
    return this.#local;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Only this peer is heard from now on. */
  connect(sfu: SfuAddress): void {
    this.#sfu = sfu;
    this.#ports.rtp.connect({ ip: sfu.ip, port: sfu.port });
    // Bound to all addresses, only the route to the SFU tells which one it will see.
    if (this.#ports.rtp.connectedTo) this.#local = this.#ports.rtp.local;
    for (const { opus } of this.#uplinks.values())
      opus.levelExtensionId = sfu.audioLevelExtensionId;
  }

  /** Whether phones are sent to the SFU. */
  setForwarding(forwarding: boolean): void {
    this.#forwards = forwarding;
    if (!forwarding) for (const { opus } of this.#uplinks.values()) opus.pause();
  }

  async addSource(ssrc: number): Promise<void> {
    if (this.#closed || this.#sources.has(ssrc)) return;
    this.#sources.set(ssrc, undefined);
    const source = new SourceVoice(new OpusSource(await createSourceDecoder()));
    // It may have been removed meanwhile, or removed and added again.
    if (this.#sources.has(ssrc) && !this.#sources.get(ssrc)) this.#sources.set(ssrc, source);
    else source.close();
  }

  removeSource(ssrc: number): void {
    this.#sources.get(ssrc)?.close();
    this.#sources.delete(ssrc);
    this.#reports.forget(ssrc);
  }

  /** For a phone of this codec. `before` is closed, and its stream goes on in the new one. */
  async openUplink(ssrc: number, codec: LegCodec, before?: Uplink): Promise<Uplink> {
    const { pcmRate } = LEG_FORMATS[codec];
    const encoder = codec === 'opus' ? undefined : await createPhoneEncoder(pcmRate);
    const own = before && this.#uplinks.get(before);
    const numbers = own?.opus.numbersAt(performance.now());
    if (before) this.closeUplink(before);
    const options = {
      firstSequenceNumber: numbers?.sequenceNumber ?? randomInt(2 ** 15),
      firstTimestamp: numbers?.timestamp ?? randomInt(2 ** 32),
      send: (packet: UplinkPacket) => {
        if (!this.#sfu) return;
        this.#ports.rtp.send(writeRtp({ ...packet, payloadType: this.#sfu.payloadType, ssrc }));
      },
    };
    const opus = encoder
      ? new OpusUplink({ ...options, encoder, pcmRate })
      : new OpusForwarder(options);
    opus.levelExtensionId = this.#sfu?.audioLevelExtensionId;
    const uplink: Uplink = {
      ssrc,
      codec,
      push: (packet, now) => {
        if (this.#forwards) opus.push(packet, now);
      },
      // Where nothing is sent, all rest.
      rest: (packet, now) => !this.#forwards || opus.rest(packet, now),
      passOver: (from, sequenceNumber) => opus.passOver(from, sequenceNumber),
      pause: () => opus.pause(),
    };
    const cname = own?.cname ?? randomBytes(12).toString('base64url');
    this.#uplinks.set(uplink, { ssrc, cname, opus });
    return uplink;
  }

  closeUplink(uplink: Uplink): void {
    this.#uplinks.get(uplink)?.opus.close();
    this.#uplinks.delete(uplink);
  }

  /** Makes what the mixer needs for phones of a codec. */
  async prepare(codec: LegCodec): Promise<void> {
    if (this.mixer.hasEncoder(codec)) return;
    const encoder = await createFrameEncoder(codec);
    if (this.#closed || this.mixer.hasEncoder(codec)) encoder.free();
    else this.mixer.addEncoder(encoder);
  }

  /** Its codec is prepared. */
  addLeg(leg: Leg): void {
    this.#legs.add(leg);
    this.#clock.start();
  }

  /** An empty room has no tick. */
  removeLeg(leg: Leg): void {
    this.#legs.delete(leg);
    if (this.#legs.size > 0) return;
    this.#clock.stop();
    this.#said.clear();
  }

  /** Says it to all phones; told once it is said, or there is nobody left to hear it. */
  async say(sound: Promise<Int16Array>): Promise<void> {
    if (this.#legs.size > 0) await this.#said.add(sound);
    else await sound; // Who asks is told of a file that is missing in any case.
  }

  /** A packet of this leg came, which may be heard. */
  heard(leg: Leg, now: number): void {
    this.#clock.arrived(leg.voice, this.#talkers(), now);
  }

  /** When a packet that is read at `now` can have come at the earliest. */
  unreadSince(now: number): number {
    return this.#clock.unreadSince(now);
  }

  /** True when nobody said anything. */
  #tick(now: number): boolean {
    const mixed: Leg[] = [];
    for (const leg of this.#legs) if (leg.isNegotiated) mixed.push(leg);
    return this.mixer.mixOnce(mixed, this.#live(), now);
  }

  /** Once a second or so. */
  housekeep(now: number): void {
    if (!this.#sfu || now < this.#nextReportAt) return;
    this.#nextReportAt = now + REPORT_INTERVAL_MS;
    const uplinks = [...this.#uplinks.values()].map(({ ssrc, cname, opus }) => ({
      ssrc,
      cname,
      timestamp: opus.timestampAt(now),
      packets: opus.stats.sent,
      octets: opus.stats.bytes,
    }));
    for (const datagram of this.#reports.write(uplinks, this.#ssrc, Date.now(), now)) {
      this.#ports.rtp.send(datagram);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#clock.stop();
    for (const leg of this.#legs) leg.roomClosed();
    this.#legs.clear();
    this.#said.clear();
    this.mixer.close();
    for (const uplink of [...this.#uplinks.keys()]) this.closeUplink(uplink);
    for (const ssrc of [...this.#sources.keys()]) this.removeSource(ssrc);
    await Promise.all([this.#ports.rtp.close(), this.#ports.rtcp.close()]);
  }

  /** All who may be talking. */
  *#talkers(): Generator<Leading> {
    for (const { voice } of this.#legs) yield voice;
    for (const source of this.#sources.values()) if (source) yield source;
  }

  *#live(): Generator<MixedSource> {
    yield this.#said;
    for (const source of this.#sources.values()) if (source) yield source;
  }

  #received(data: Buffer): void {
    const now = performance.now();
    if (isRtcp(data)) {
      const packets = parseRtcp(data);
      if (packets) this.#reports.receivedRtcp(packets, now);
      else this.stats.malformed += 1;
      return;
    }
    const packet = parseRtp(data);
    if (!packet) {
      this.stats.malformed += 1;
      return;
    }
    const source = this.#sources.get(packet.ssrc);
    // Before connect() nobody has the right to be heard.
    if (!source || !this.#sfu || packet.payloadType !== this.#sfu.payloadType) {
      this.stats.unknown += 1;
      return;
    }
    this.#reports.received(packet, now);
    source.push(packet, this.#sfu.audioLevelExtensionId, now, this.unreadSince(now));
    this.#clock.arrived(source, this.#talkers(), now);
  }
}

/** A room that is not open. */
export function noSuchRoom(): AppError {
  return new AppError('not-found', 'This room is not open.');
}
