import type { RtpAddress } from '../../PhoneMedia.ts';
import type { RemoteAudio } from '../../sdp/audio.ts';
import type { LegCodec } from '../codecs/legCodecs.ts';
import { isRtcp, parseRtp, type RtpPacket } from '../rtp/packet.ts';
import type { SrtpKey } from '../../sdp/crypto.ts';
import { SrtpSession } from '../srtp/SrtpSession.ts';
import { parseRtcp, type RtcpPacket } from '../rtp/rtcp.ts';
import { Latch } from './Latch.ts';
import type { PortPair } from './PortPool.ts';

/** Media latches. A key (RFC 4733) need not come from where the media comes from. */
export type PacketKind = 'media' | 'key';

export interface LegSocketHandlers {
  /** What a packet is in this call, by its payload type; `undefined` when nothing of it. */
  kindOf: (packet: RtpPacket) => PacketKind | undefined;
  onRtp: (packet: RtpPacket, now: number) => void;
  onRtcp: (packets: RtcpPacket[], now: number) => void;
}

/** A leg's two ports: which datagrams are the caller's, and where ours go. */
export class LegSocket {
  /** `refused`: not authentic, or come before (SRTP). */
  readonly stats = { malformed: 0, foreign: 0, strangers: 0, refused: 0 };
  readonly #ports: PortPair;
  readonly #latch = new Latch();
  readonly #handlers: LegSocketHandlers;
  #remote: Pick<RemoteAudio, 'rtp' | 'rtcp' | 'rtcpMux'> | undefined;
  /** The last address for RTP that SDP gave. */
  #named: RtpAddress | undefined;
  /** In a room: only the source is heard, by the kernel, and sending to it is cheaper, where SDP names it. */
  #dedicated = false;
  /** `undefined` for plain RTP. */
  #srtp: SrtpSession | undefined;

  constructor(ports: PortPair, handlers: LegSocketHandlers) {
    this.#ports = ports;
    this.#handlers = handlers;
    ports.rtp.onMessage = (data, from) => this.#received(data, from);
    ports.rtcp.onMessage = (data, from) => this.#receivedRtcp(data, from, performance.now());
  }

  get port(): number {
    return this.#ports.rtp.local.port;
  }

  /** What SDP says, and what we encrypt with. Another address than before lets the caller's stream come from elsewhere. */
  setRemote(remote: RemoteAudio<LegCodec>, localKey?: SrtpKey): void {
    this.#setKeys(localKey, remote.crypto?.key);
    const { rtp } = remote;
    // Hold by 0.0.0.0 names no address, so the stream has not moved; nor has it when it is taken up again.
    if (rtp) {
      const before = this.#named;
      if (before?.ip !== rtp.ip || before.port !== rtp.port) {
        // What came before any SDP may be a stranger's, or an early phone's, which has not moved.
        this.#latch.release(rtp, before && performance.now());
        this.#ports.rtp.disconnect();
      }
      this.#named = rtp;
    }
    this.#remote = remote;
  }

  /**
   * In a room a leg's socket is its source's alone. Before, while a PIN is keyed, some callers send keys
   * from another port than their voice.
   */
  dedicate(dedicated: boolean): void {
    this.#dedicated = dedicated;
    if (!dedicated) this.#ports.rtp.disconnect();
  }

  sendRtp(data: Uint8Array): void {
    this.#send(this.#srtp?.protectRtp(data) ?? data);
  }

  sendRtcp(data: Uint8Array): void {
    const datagram = this.#srtp?.protectRtcp(data) ?? data;
    if (this.#remote?.rtcpMux) this.#send(datagram);
    else this.#ports.rtcp.send(datagram, this.#rtcpAddress());
  }

  /** Once a second or so: a silent source may be replaced, so others must be heard again. */
  housekeep(now: number): void {
    if (this.#ports.rtp.connectedTo && this.#latch.isSilent(now)) this.#ports.rtp.disconnect();
  }

  async close(): Promise<void> {
    await Promise.all([this.#ports.rtp.close(), this.#ports.rtcp.close()]);
  }

  /** Counters and replay windows go on over a re-INVITE with the same keys. */
  #setKeys(local: SrtpKey | undefined, remote: SrtpKey | undefined): void {
    if (!local || !remote) this.#srtp = undefined;
    else if (!this.#srtp || !local.equals(this.#srtp.local) || !remote.equals(this.#srtp.remote))
      this.#srtp = new SrtpSession(local, remote);
  }

  #send(data: Uint8Array): void {
    this.#ports.rtp.send(data, this.#latch.source ?? this.#remote?.rtp);
  }

  #received(data: Buffer, from: RtpAddress): void {
    const now = performance.now();
    if (isRtcp(data)) {
      this.#receivedRtcp(data, from, now);
      return;
    }
    const clear = this.#srtp ? this.#srtp.unprotectRtp(data) : data;
    if (!clear) {
      this.stats.refused += 1;
      return;
    }
    const packet = parseRtp(clear);
    if (!packet) {
      this.stats.malformed += 1;
      return;
    }
    const kind = this.#handlers.kindOf(packet);
    if (!kind) this.stats.foreign += 1;
    else if (this.#admits(kind, from, now)) this.#handlers.onRtp(packet, now);
  }

  #admits(kind: PacketKind, from: RtpAddress, now: number): boolean {
    if (kind === 'key' && !this.#latch.isSource(from) && this.#isCallers(from.ip)) return true;
    const whose = this.#latch.admit(from, now);
    if (whose === 'stranger') {
      this.stats.strangers += 1;
      return false;
    }
    this.#settle(from, whose);
    return true;
  }

  /** One that SDP does not name may be a stranger who was sooner: the caller must still be heard. */
  #settle(source: RtpAddress, whose: 'same' | 'new'): void {
    const { rtp } = this.#ports;
    if (!this.#latch.isNamed) {
      if (rtp.connectedTo) rtp.disconnect();
    } else if (this.#dedicated && (whose === 'new' || !rtp.connectedTo)) rtp.connect(source);
  }

  #isCallers(ip: string): boolean {
    return ip === this.#latch.source?.ip || ip === this.#remote?.rtp?.ip;
  }

  #receivedRtcp(data: Buffer, from: RtpAddress, now: number): void {
    const known = [this.#latch.source?.ip, this.#remote?.rtcp?.ip];
    if (!known.includes(from.ip)) {
      this.stats.strangers += 1;
      return;
    }
    const clear = this.#srtp ? this.#srtp.unprotectRtcp(data) : data;
    const packets = clear && parseRtcp(clear);
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
