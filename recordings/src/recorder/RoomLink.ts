import { randomInt } from 'node:crypto';
import { AppError, type GatewayConsumerCreated, type RecordingCounts } from '@switchroom/protocol';
import { ReceptionStats } from './ReceptionStats.ts';
import { MAX_BLOCKS, parseSenderReports, receiverReport } from './rtcp.ts';
import { request, type GatewaySocket } from './request.ts';
import { isRtcp, parseRtp, type RtpPacket } from './rtp.ts';
import type { OpenRtpSocket, RtpSocket } from './RtpSocket.ts';

const REPORT_INTERVAL_MS = 5000;
/** Packets that a stream sends until the next tick, at most: one each 10 ms, for 100 ms. */
const BETWEEN_TICKS = 10;
/** Of a socket's room so much is left for a turn that comes late. */
const SPARE = 0.5;
/** Where the room would not do, it is read so often between ticks, ms. */
const READ_MS = 20;

interface Consumer {
  id: string;
  participantId: string;
  payloadType: number;
  stats: ReceptionStats;
}

export interface RoomLinkOptions {
  meetingId: string;
  signaling: GatewaySocket;
  /** ms, monotonic. */
  now: () => number;
  openSocket: OpenRtpSocket;
  /** In the order in which they came; `now`: when it came. */
  onPacket: (participantId: string, packet: RtpPacket, now: number) => void;
}

/**
 * The recorder's plain transport in one room: its socket, and who is heard on which SSRC. Packets wait in the socket until they
 * are asked for by `receive()`, with the times at which they came.
 */
export class RoomLink {
  readonly stats = { unknownSsrc: 0, malformed: 0 };
  readonly #options: RoomLinkOptions;
  readonly #consumers = new Map<number, Consumer>();
  readonly #ssrc = randomInt(1, 0xffffffff);
  #socket: RtpSocket | null = null;
  #transportId: string | null = null;
  /** The header extension's id of the audio level. */
  #levelId: number | undefined;
  #reportedAt = 0;
  /** Reads a room between ticks where so many are heard that its socket might not keep all until then. */
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: RoomLinkOptions) {
    this.#options = options;
  }

  /**
   * Opens the room, or after the signaling connection was lost makes sure that it is open still.
   * Errors: those of the server; `AppError('not-built')` when the SFU is on another machine.
   */
  async open(): Promise<void> {
    const { signaling, meetingId, openSocket, now } = this.#options;
    const opened = await request(signaling, 'room:open', { meetingId });
    if (opened.transportId === this.#transportId || this.#closed) return;
    if (!opened.ip.startsWith('127.')) {
      const what = 'Recording from an SFU that is not on loopback (SRTP) is not built yet.';
      throw new AppError('not-built', what);
    }
    this.#socket ??= await openSocket(now);
    // What the former transport sent.
    this.receive(now());
    this.#consumers.clear();
    this.#watch();
    this.#levelId = opened.audioLevelExtensionId;
    this.#socket.connect(opened.ip, opened.port);
    const { port } = this.#socket;
    this.#transportId = opened.transportId;
    try {
      const at = { transportId: opened.transportId, ip: '127.0.0.1', port };
      await request(signaling, 'transport:connect', at);
    } catch (error) {
      this.#transportId = null;
      throw error;
    }
  }

  addConsumer(news: GatewayConsumerCreated): void {
    if (this.#closed) return;
    // What came before is of none that is known.
    this.receive(this.#options.now());
    this.#consumers.set(news.ssrc, {
      id: news.consumerId,
      participantId: news.participant.id,
      payloadType: news.payloadType,
      stats: new ReceptionStats(news.ssrc),
    });
    this.#watch();
  }

  removeConsumer(consumerId: string): void {
    this.receive(this.#options.now());
    for (const [ssrc, { id }] of this.#consumers) {
      if (id === consumerId) this.#consumers.delete(ssrc);
    }
    this.#watch();
  }

  /**
   * Takes in what came until `now` (ms, monotonic). Call it every 100 ms, and before anything changes that decides what
   * becomes of a packet.
   */
  receive(now: number): void {
    this.#socket?.receive(now, (datagram, arrivedAt) => this.#take(datagram, arrivedAt));
  }

  /** What came of each stream that is received now. */
  get counts(): RecordingCounts['consumers'] {
    return [...this.#consumers.values()].map(({ id, participantId, stats }) => {
      return { consumerId: id, participantId, ...stats.counts };
    });
  }

  /** Sends a receiver report when one is due. */
  tick(now: number): void {
    if (now - this.#reportedAt < REPORT_INTERVAL_MS) return;
    this.#reportedAt = now;
    const blocks = [...this.#consumers.values()]
      .map(({ stats }) => stats.report(now))
      .filter((block) => block !== null);
    for (let at = 0; at < blocks.length; at += MAX_BLOCKS) {
      const some = blocks.slice(at, at + MAX_BLOCKS);
      this.#socket?.send(receiverReport(this.#ssrc, 'switchroom-recorder', some));
    }
  }

  /** Closes the socket; `release()` before it tells the server. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.receive(this.#options.now());
    this.#consumers.clear();
    this.#watch();
    this.#socket?.close();
  }

  /** Tells the server that nothing more of the room is wanted; it may know already. */
  async release(): Promise<void> {
    const { signaling, meetingId } = this.#options;
    if (!signaling.connected || this.#transportId === null) return;
    await request(signaling, 'room:release', { meetingId }).catch(() => undefined);
  }

  #watch(): void {
    const isCrowded =
      this.#consumers.size * BETWEEN_TICKS > (this.#socket?.room ?? Infinity) * SPARE;
    if (!isCrowded) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#timer ??= setInterval(() => this.receive(this.#options.now()), READ_MS);
  }

  #take(datagram: Buffer, now: number): void {
    if (isRtcp(datagram)) {
      for (const { ssrc, middle } of parseSenderReports(datagram)) {
        this.#consumers.get(ssrc)?.stats.senderReport(middle, now);
      }
      return;
    }
    const packet = parseRtp(datagram, this.#levelId);
    const consumer = packet === null ? undefined : this.#consumers.get(packet.ssrc);
    if (packet === null || consumer === undefined) {
      this.stats[packet === null ? 'malformed' : 'unknownSsrc']++;
      return;
    }
    if (packet.payloadType !== consumer.payloadType || packet.payload.length === 0) return;
    consumer.stats.received(packet, now);
    this.#options.onPacket(consumer.participantId, packet, now);
  }
}
