import { AppError } from '@switchroom/protocol';
import type { LegEvent, Sound } from '../../PhoneMedia.ts';
import type { RemoteAudio } from '../../sdp/audio.ts';
import type { SrtpPolicy } from '../../sdp/crypto.ts';
import { Negotiation } from '../../sdp/Negotiation.ts';
import { createFrameEncoder, type FrameEncoder } from '../codecs/frameEncoders.ts';
import { LEG_CODECS, type LegCodec, type LegFormat } from '../codecs/legCodecs.ts';
import type { G711Frame, MixedLeg } from '../mixer/RoomMixer.ts';
import type { Ticked, Ticker } from '../mixer/Ticker.ts';
import { LegSocket } from '../net/LegSocket.ts';
import type { PortPair } from '../net/PortPool.ts';
import type { PromptStore } from '../prompts/PromptStore.ts';
import type { Room, Uplink } from '../room/Room.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { LegOutput } from './LegOutput.ts';
import { LegPlayback } from './LegPlayback.ts';
import { LegReceiver } from './LegReceiver.ts';
import { LegRecorder } from './LegRecorder.ts';
import { LegReports } from './LegReports.ts';
import { LegSpeech } from './LegSpeech.ts';
import { LegVoice } from './LegVoice.ts';
import { LegVolume } from './LegVolume.ts';
import { SilenceWatch } from './SilenceWatch.ts';

export interface LegOptions {
  id: string;
  ports: PortPair;
  announcedAddress: string;
  srtp: SrtpPolicy;
  ticker: Ticker;
  prompts: PromptStore;
  emit: (event: LegEvent) => void;
}

/** One call's media in the worker. It ticks by itself until it is in a room, which ticks it then. */
export class Leg implements Ticked, MixedLeg {
  readonly id: string;
  readonly #options: LegOptions;
  readonly #socket: LegSocket;
  readonly #receiver: LegReceiver;
  readonly #negotiation: Negotiation<LegCodec>;
  /** What its caller says, in a room. */
  readonly voice = new LegVoice();
  readonly #playback: LegPlayback;
  readonly #recorder = new LegRecorder();
  readonly #speech = new LegSpeech();
  readonly #volume = new LegVolume();
  readonly #reports: LegReports;
  readonly #watch = new SilenceWatch();
  /** `undefined` before the call is negotiated. */
  #output: LegOutput | undefined;
  #room: { room: Room; uplink: Uplink } | undefined;
  #muted = false;
  #closed = false;
  /** Counts joins and leaves. */
  #moves = 0;

  constructor(options: LegOptions) {
    this.id = options.id;
    this.#options = options;
    this.#playback = new LegPlayback(
      options.prompts,
      () => this.codec,
      // Who has just been answered does not wait.
      () => options.ticker.hurry(this),
    );
    this.#receiver = new LegReceiver({
      onAudio: (packet, pcm, format, now) => this.#heard(packet, pcm, format, now),
      isHeard: () => (this.#room ? this.#isHeard() : this.#recorder.isRecording),
      onSilence: (packet, format, now) =>
        this.#room !== undefined && this.#rests(this.#room, packet, format, now),
      onPause: (packet, now) => this.#paused(packet, now),
      onNoise: (dbov) => (this.voice.noiseDbov = dbov),
      onKey: (key) => {
        this.#recorder.keyPressed();
        options.emit({ type: 'key', key });
      },
    });
    this.#socket = new LegSocket(options.ports, {
      kindOf: (packet) => this.#receiver.kindOf(packet),
      onRtp: (packet, now) => {
        if (this.#watch.heard(now)) options.emit({ type: 'mediaUp' });
        this.#receiver.push(packet, now);
      },
      onRtcp: (packets, now) => {
        const { reception } = this.#receiver;
        for (const packet of packets) this.#reports.received(packet, this.#output, reception, now);
      },
    });
    this.#reports = new LegReports({
      send: (datagram) => this.#socket.sendRtcp(datagram),
      onQuality: (quality) => options.emit({ type: 'quality', quality }),
      now: performance.now(),
    });
    this.#negotiation = new Negotiation(
      options.announcedAddress,
      this.#socket.port,
      LEG_CODECS,
      options.srtp,
    );
  }

  get isNegotiated(): boolean {
    return this.#output !== undefined;
  }

  get codec(): LegCodec {
    return this.#output?.codec ?? 'PCMU';
  }

  /** Only of a negotiated call. */
  get encoder(): FrameEncoder {
    return this.#output!.encoder;
  }

  async answer(offer: string): Promise<string> {
    const answer = this.#negotiation.answer(offer);
    await this.#negotiated();
    return answer;
  }

  offer(): string {
    return this.#negotiation.offer();
  }

  async accept(answer: string): Promise<void> {
    this.#negotiation.accept(answer);
    await this.#negotiated();
  }

  play(sounds: readonly Sound[], loop: boolean): Promise<'finished' | 'stopped'> {
    this.stop();
    return this.#playback.play(sounds, loop);
  }

  record(maxMs: number): Promise<Uint8Array> {
    if (this.#room) throw new AppError('conflict', 'A phone in a room is not recorded alone.');
    this.stop();
    return this.#recorder.start(maxMs, performance.now());
  }

  stop(): void {
    this.#playback.stop();
    this.#recorder.stop();
  }

  /** Says it in this phone's name; it is told once it is said, or the leg is out of that room. */
  async say(room: Room, sound: Promise<Int16Array>): Promise<void> {
    if (this.#room?.room !== room)
      throw new AppError('not-found', 'This phone is not in the room.');
    await this.#speech.say(sound, this.#room.uplink);
  }

  /** Into a room, out of the one before. The room gives the uplink to its SFU. */
  async join(room: Room, ssrc: number): Promise<void> {
    this.stop();
    this.leave();
    const move = this.#moves;
    await room.prepare(this.codec);
    const uplink = await room.openUplink(ssrc, this.codec);
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
    this.#socket.dedicate(true);
    await this.#fitRoom(); // Another codec may have been negotiated meanwhile.
  }

  /** Out of its room, and of one that it is joining just now. */
  leave(): void {
    this.#moves += 1;
    this.#recorder.stop();
    if (!this.#room) return;
    const { room, uplink } = this.#room;
    room.removeLeg(this);
    room.closeUplink(uplink);
    this.roomClosed();
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
  }

  setVolume(db: number): void {
    this.#volume.db = db;
  }

  /** `undefined` while it hears the room as it is. */
  get volume(): LegVolume | undefined {
    return this.#volume.isActive ? this.#volume : undefined;
  }

  /** Its room is closing: it hears silence from now on. */
  roomClosed(): void {
    this.#room = undefined;
    this.#speech.clear();
    this.voice.drop();
    this.#socket.dedicate(false);
    if (!this.#closed && this.#output) this.#options.ticker.add(this);
  }

  /** A frame of its own: a prompt, or silence so that NATs and phones keep the stream. */
  tick(now: number): void {
    this.#recorder.check(now);
    this.sendSilence();
  }

  /** What plays takes the place of the room. */
  sendFrame(codes: Uint8Array): void {
    this.#output?.send(this.#playback.next() ?? codes);
  }

  get noiseDbov(): number | undefined {
    return this.#isHeard() ? this.voice.noiseDbov : undefined;
  }

  sendSilence(): void {
    const frame = this.#playback.next();
    if (frame) this.#output?.send(frame);
    else this.#output?.sendSilence();
  }

  pullVoice(now: number): Int16Array | undefined {
    const said = this.#room && this.#speech.pull(this.#room.uplink, now);
    if (said) return said;
    if (!this.#isHeard()) this.voice.drop();
    return this.voice.pull(now);
  }

  codesOf(voice: Int16Array): G711Frame | undefined {
    return this.voice.codesOf(voice);
  }

  /** Once a second or so: reports, and whether the caller is still there. */
  housekeep(now: number): void {
    this.#socket.housekeep(now);
    this.#recorder.check(now);
    if (!this.#output) return;
    const silentMs = this.#watch.check(now, this.#mayBeHeard());
    if (silentMs !== undefined) this.#options.emit({ type: 'mediaLost', silentMs });
    const { reception } = this.#receiver;
    this.#reports.housekeep(this.#output, reception, this.voice.heldMs, now);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.stop();
    this.leave();
    this.#speech.close();
    this.#options.ticker.delete(this);
    if (this.#output) this.#socket.sendRtcp(this.#output.sender.bye());
    this.#output?.close();
    this.#receiver.close();
    await this.#socket.close();
  }

  async #negotiated(): Promise<void> {
    const remote = this.#negotiation.remote!;
    if (this.#output?.codec !== remote.codec) await this.#changeCodec(remote);
    this.#output!.remote = remote;
    this.#socket.setRemote(remote, this.#negotiation.localKey);
    await this.#receiver.setRemote(remote);
    this.#watch.start(performance.now());
    if (!this.#room) this.#options.ticker.add(this);
  }

  async #changeCodec(remote: RemoteAudio<LegCodec>): Promise<void> {
    const encoder = await createFrameEncoder(remote.codec);
    await this.#room?.room.prepare(remote.codec);
    if (this.#closed) {
      encoder.free();
      throw new AppError('media-unavailable', 'The leg was closed while it was negotiated.');
    }
    const before = this.#output;
    before?.close();
    const send = (packet: Uint8Array): void => this.#socket.sendRtp(packet);
    this.#output = new LegOutput({ remote, encoder, send, before });
    await this.#playback.codecChanged();
    await this.#fitRoom();
  }

  /** Makes the room ready for our codec where it is not; the SFU's stream goes on. */
  async #fitRoom(): Promise<void> {
    const joined = this.#room;
    if (!joined || joined.uplink.codec === this.codec) return;
    await joined.room.prepare(this.codec);
    const uplink = await joined.room.openUplink(joined.uplink.ssrc, this.codec, joined.uplink);
    if (this.#room === joined) joined.uplink = uplink;
    else joined.room.closeUplink(uplink);
  }

  /** Whether the caller said that it sends to be heard; on hold it sends music, or nothing. */
  #mayBeHeard(): boolean {
    return this.#negotiation.remote?.direction === 'sendrecv';
  }

  /** Also while something plays to it: nobody knows when that is, and words would be lost to room and record. */
  #isHeard(): boolean {
    return !this.#muted && !this.#speech.isSpeaking && this.#mayBeHeard();
  }

  #heard(packet: RtpPacket, pcm: Int16Array, format: LegFormat, now: number): void {
    if (!this.#room) {
      if (this.#mayBeHeard()) this.#recorder.push(packet, pcm, format, now);
      return;
    }
    if (this.#isHeard()) {
      const { room, uplink } = this.#room;
      this.voice.push(packet, pcm, format, uplink, now, room.unreadSince(now));
      room.heard(this, now);
      return;
    }
    this.voice.drop();
    if (!this.#speech.isSpeaking) this.#room.uplink.pause();
  }

  #rests(
    { room, uplink }: { room: Room; uplink: Uplink },
    packet: RtpPacket,
    format: LegFormat,
    now: number,
  ): boolean {
    return this.voice.rest(packet, format, uplink, now, room.unreadSince(now));
  }

  #paused(packet: RtpPacket, now: number): void {
    if (this.#room) this.voice.passOver(packet, this.#room.uplink);
    else this.#recorder.passOver(packet, now);
  }
}
