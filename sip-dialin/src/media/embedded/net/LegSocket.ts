import type { RtpAddress } from '../../PhoneMedia.ts';
import type { RemoteAudio } from '../../sdp/audio.ts';
import type { LegCodec } from '../codecs/legCodecs.ts';
import { isRtcp, parseRtp, type RtpPacket } from '../rtp/packet.ts';
import { parseRtcp, type RtcpPacket } from '../rtp/rtcp.ts';
import { Latch } from './Latch.ts';
import type { PortPair } from './PortPool.ts';

export interface LegSocketHandlers {
  /** Whether a packet is of this call at all (payload type): only such latch. */
  isOurs: (packet: RtpPacket) => boolean;
  onRtp: (packet: RtpPacket, now: number) => void;
  onRtcp: (packets: RtcpPacket[], now: number) => void;
}

/** A leg's two ports: which datagrams are the caller's, and where ours go. */
export class LegSocket {
  readonly stats = { malformed: 0, foreign: 0, strangers: 0 };
  readonly #ports: PortPair;
  readonly #latch = new Latch();
  readonly #handlers: LegSocketHandlers;
  #remote: Pick<RemoteAudio, 'rtp' | 'rtcp' | 'rtcpMux'> | undefined;

  constructor(ports: PortPair, handlers: LegSocketHandlers) {
    this.#ports = ports;
    this.#handlers = handlers;
    ports.rtp.onMessage = (data, from) => this.#received(data, from);
    ports.rtcp.onMessage = (data, from) => this.#receivedRtcp(data, from, performance.now());
  }

  get port(): number {
    return this.#ports.rtp.local.port;
  }

  /** What SDP says. Another address than before lets the caller's stream come from elsewhere. */
  setRemote(remote: RemoteAudio<LegCodec>): void {
    const before = this.#remote?.rtp;
    const moved = before?.ip !== remote.rtp?.ip || before?.port !== remote.rtp?.port;
    // Hold by 0.0.0.0 names no address, so the stream has not moved.
    if (moved && remote.rtp) {
      this.#latch.release();
      this.#ports.rtp.disconnect();
    }
    this.#remote = remote;
  }

  sendRtp(data: Uint8Array): void {
    this.#ports.rtp.send(data, this.#latch.source ?? this.#remote?.rtp);
  }

  sendRtcp(data: Uint8Array): void {
    if (this.#remote?.rtcpMux) this.sendRtp(data);
    else this.#ports.rtcp.send(data, this.#rtcpAddress());
  }

  /** Once a second or so: a silent source may be replaced, so others must be heard again. */
  housekeep(now: number): void {
    if (this.#ports.rtp.connectedTo && this.#latch.isSilent(now)) this.#ports.rtp.disconnect();
  }

  async close(): Promise<void> {
    await Promise.all([this.#ports.rtp.close(), this.#ports.rtcp.close()]);
  }

  #received(data: Buffer, from: RtpAddress): void {
    const now = performance.now();
    if (isRtcp(data)) {
      this.#receivedRtcp(data, from, now);
      return;
    }
    const packet = parseRtp(data);
    if (!packet) {
      this.stats.malformed += 1;
      return;
    }
    if (!this.#handlers.isOurs(packet)) {
      this.stats.foreign += 1;
      return;
    }
    const whose = this.#latch.admit(from, now);
    if (whose === 'stranger') {
      this.stats.strangers += 1;
      return;
    }
    if (whose === 'new' || !this.#ports.rtp.connectedTo) this.#ports.rtp.connect(from);
    this.#handlers.onRtp(packet, now);
  }

  #receivedRtcp(data: Buffer, from: RtpAddress, now: number): void {
    const known = [this.#latch.source?.ip, this.#remote?.rtcp?.ip];
    if (!known.includes(from.ip)) {
      this.stats.strangers += 1;
      return;
    }
    const packets = parseRtcp(data);
    if (packets) this.#handlers.onRtcp(packets, now);
    else this.stats.malformed += 1;
  }

  /** As SDP says, unless RTP came from elsewhere: then beside that. */
  #rtcpAddress(): RtpAddress | undefined {
    const source = this.#latch.source;
    if (!source || source.ip === this.#remote?.rtp?.ip) return this.#remote?.rtcp;
    return source.port < 65535 ? { ip: source.ip, port: source.port + 1 } : undefined;
  }
}
