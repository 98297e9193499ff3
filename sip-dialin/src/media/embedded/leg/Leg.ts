import { AppError } from '@switchroom/protocol';
import type { LegEvent } from '../../PhoneMedia.ts';
import { Negotiation } from '../../sdp/Negotiation.ts';
import type { RemoteAudio } from '../../sdp/audio.ts';
import { g711, type G711Law } from '../codecs/g711.ts';
import { FRAME_MS } from '../mixer/FrameClock.ts';
import { levelDbov } from '../mixer/level.ts';
import { PhoneSource } from '../mixer/PhoneSource.ts';
import type { MixedLeg } from '../mixer/RoomMixer.ts';
import type { Ticked, Ticker } from '../mixer/Ticker.ts';
import { VoiceGate } from '../mixer/VoiceGate.ts';
import { LegSocket } from '../net/LegSocket.ts';
import type { PortPair } from '../net/PortPool.ts';
import type { PromptStore } from '../prompts/PromptStore.ts';
import type { Room, Uplink } from '../room/Room.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { LegReceiver } from './LegReceiver.ts';
import { LegSender } from './LegSender.ts';
import { PromptPlayer } from './PromptPlayer.ts';
import { SilenceWatch } from './SilenceWatch.ts';

/** 20 ms at 8 kHz. */
const FRAME_SAMPLES = 160;
const REPORT_INTERVAL_MS = 5000;
const SILENT_FRAMES: Readonly<Record<G711Law, Uint8Array>> = {
  PCMU: new Uint8Array(FRAME_SAMPLES).fill(g711('PCMU').silence),
  PCMA: new Uint8Array(FRAME_SAMPLES).fill(g711('PCMA').silence),
};

export interface LegOptions {
  id: string;
  ports: PortPair;
  announcedAddress: string;
  ticker: Ticker;
  prompts: PromptStore;
  emit: (event: LegEvent) => void;
}

/** One call of `play`; without a prompt while that is being loaded. */
interface Play {
  end: (how: 'finished' | 'stopped') => void;
  prompt: PromptPlayer | undefined;
}

/** One call's media in the worker. It ticks by itself until it is in a room, which ticks it then. */
export class Leg implements Ticked, MixedLeg {
  readonly id: string;
  readonly #options: LegOptions;
  readonly #socket: LegSocket;
  readonly #receiver: LegReceiver;
  readonly #sender = new LegSender();
  readonly #negotiation: Negotiation;
  readonly #gate = new VoiceGate();
  readonly #watch = new SilenceWatch();
  /** Only while it may be heard: what it said before is not heard afterwards. */
  #source: PhoneSource | undefined;
  #room: { room: Room; uplink: Uplink } | undefined;
  #play: Play | undefined;
  #muted = false;
  #nextReportAt = performance.now() + REPORT_INTERVAL_MS;
  #closed = false;
  /** Counts joins and leaves. */
  #moves = 0;

  constructor(options: LegOptions) {
    this.id = options.id;
    this.#options = options;
    this.#receiver = new LegReceiver({
      onAudio: (packet, pcm, now) => this.#heard(packet, pcm, now),
      onPause: (packet) => this.#paused(packet),
      onKey: (key) => options.emit({ type: 'key', key }),
    });
    this.#socket = new LegSocket(options.ports, {
      isOurs: (packet) => this.#receiver.isOurs(packet),
      onRtp: (packet, now) => {
        if (this.#watch.heard(now)) options.emit({ type: 'mediaUp' });
        this.#receiver.push(packet, now);
      },
      onRtcp: (packets, now) => {
        for (const packet of packets) {
          const reception = this.#receiver.reception;
          if (packet.type !== 'sr' || packet.ssrc !== reception?.ssrc) continue;
          reception.senderReport(packet.sender.ntpSeconds, packet.sender.ntpFraction, now);
        }
      },
    });
    this.#negotiation = new Negotiation(options.announcedAddress, this.#socket.port);
  }

  get law(): G711Law {
    return this.#negotiation.remote?.codec ?? 'PCMU';
  }

  get isPlaying(): boolean {
    return this.#play?.prompt !== undefined;
  }

  answer(offer: string): string {
    const answer = this.#negotiation.answer(offer);
    this.#negotiated();
    return answer;
  }

  offer(): string {
    return this.#negotiation.offer();
  }

  accept(answer: string): void {
    this.#negotiation.accept(answer);
    this.#negotiated();
  }

  play(files: readonly string[]): Promise<'finished' | 'stopped'> {
    this.stop();
    const ended = Promise.withResolvers<'finished' | 'stopped'>();
    const play: Play = { end: ended.resolve, prompt: undefined };
    this.#play = play;
    this.#load(files, play).catch((error: unknown) => {
      if (this.#play === play) this.#play = undefined;
      ended.reject(error);
    });
    return ended.promise;
  }

  /** Also a prompt that is still being loaded is told off at once. */
  stop(): void {
    this.#play?.end('stopped');
    this.#play = undefined;
  }

  /** Into a room, out of the one before. The room gives the uplink to its SFU. */
  async join(room: Room, ssrc: number): Promise<void> {
    this.stop();
    this.leave();
    const move = this.#moves;
    const uplink = await room.openUplink(ssrc);
    if (this.#closed || room.closed) {
      room.closeUplink(uplink);
      throw new AppError('media-unavailable', 'The leg or the room was closed while joining.');
    }
    // Sent elsewhere or out meanwhile: what came later counts.
    if (move !== this.#moves) {
      room.closeUplink(uplink);
      return;
    }
    this.#room = { room, uplink };
    this.#options.ticker.delete(this);
    room.addLeg(this);
  }

  /** Out of its room, and of one that it is joining just now. */
  leave(): void {
    this.#moves += 1;
    if (!this.#room) return;
    const { room, uplink } = this.#room;
    room.removeLeg(this);
    room.closeUplink(uplink);
    this.roomClosed();
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
  }

  /** Its room is closing: it hears silence from now on. */
  roomClosed(): void {
    this.#room = undefined;
    this.#source = undefined;
    if (!this.#closed && this.#negotiation.remote) this.#options.ticker.add(this);
  }

  /** A frame of its own: a prompt, or silence so that NATs and phones keep the stream. */
  tick(): void {
    this.sendFrame(this.#play?.prompt?.next() ?? SILENT_FRAMES[this.law]);
  }

  sendFrame(codes: Uint8Array): void {
    const remote = this.#negotiation.remote;
    if (!remote) return;
    if (remote.direction === 'sendonly' || remote.direction === 'inactive') {
      this.#sender.skip(codes.length);
      return;
    }
    this.#socket.sendRtp(this.#sender.packet(remote.payloadType, codes));
  }

  pullVoice(now: number): Int16Array | undefined {
    if (!this.#isHeard()) this.#source = undefined;
    return this.#source?.pull(now);
  }

  /** Once a second or so: reports, and whether the caller is still there. */
  housekeep(now: number): void {
    this.#socket.housekeep(now);
    if (!this.#negotiation.remote) return;
    const silentMs = this.#watch.check(now, this.#mayBeHeard());
    if (silentMs !== undefined) this.#options.emit({ type: 'mediaLost', silentMs });
    if (now < this.#nextReportAt) return;
    this.#nextReportAt = now + REPORT_INTERVAL_MS;
    this.#socket.sendRtcp(this.#sender.report(Date.now(), this.#receiver.reception, now));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.stop();
    this.leave();
    this.#options.ticker.delete(this);
    this.#socket.sendRtcp(this.#sender.bye());
    await this.#socket.close();
  }

  async #load(files: readonly string[], play: Play): Promise<void> {
    const { law } = this;
    const codes = await Promise.all(files.map((file) => this.#options.prompts.load(file, law)));
    play.prompt = new PromptPlayer({
      files: codes,
      frameBytes: FRAME_SAMPLES,
      silence: g711(law).silence,
      onEnd: () => {
        if (this.#play === play) this.#play = undefined;
        play.end('finished');
      },
    });
  }

  #negotiated(): void {
    const remote: RemoteAudio = this.#negotiation.remote!;
    this.#socket.setRemote(remote);
    this.#receiver.setRemote(remote);
    this.#watch.start(performance.now());
    if (!this.#room) this.#options.ticker.add(this);
  }

  /** Whether the caller said that it sends to be heard; on hold it sends music, or nothing. */
  #mayBeHeard(): boolean {
    return this.#negotiation.remote?.direction === 'sendrecv';
  }

  /** A prompt comes back as echo from many a phone, so a leg in a prompt is not heard either. */
  #isHeard(): boolean {
    return !this.#muted && !this.isPlaying && this.#mayBeHeard();
  }

  #heard(packet: RtpPacket, pcm: Int16Array, now: number): void {
    if (!this.#room) return;
    if (!this.#isHeard()) {
      this.#source = undefined;
      this.#room.uplink.pause();
      return;
    }
    const { ssrc, sequenceNumber, timestamp } = packet;
    const voice = this.#gate.update(levelDbov(pcm), (pcm.length * FRAME_MS) / FRAME_SAMPLES);
    this.#room.uplink.push({ ssrc, sequenceNumber, timestamp, pcm, voice }, now);
    this.#source ??= new PhoneSource(this.#gate);
    this.#source.push(sequenceNumber, timestamp, pcm, now);
  }

  #paused({ ssrc, sequenceNumber }: RtpPacket): void {
    this.#room?.uplink.passOver(ssrc, sequenceNumber);
    this.#source?.passOver(sequenceNumber);
  }
}
