import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { encodeMulaw } from '../../support/audio/g711.ts';
import { slice, type Sound } from '../../support/audio/Sound.ts';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { buildRtp, parseRtp, PCMU, soundOf, type RtpPacket } from '../../support/net/rtp.ts';
import { sdp, UdpCaller } from './UdpCaller.ts';

const FRAME_MS = 20;
const FRAME_SAMPLES = 160;

/** A caller with a voice and an ear: G.711 from and to a socket, a packet every 20 ms. */
export class SoundCaller {
  readonly sip: UdpCaller;
  readonly #socket: Socket;
  readonly #packets: RtpPacket[] = [];
  /** What is said over and over; silence without it. */
  #voice: Sound | undefined;
  #target: { port: number; host: string } | undefined;
  #sent = 0;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(sip: UdpCaller, socket: Socket) {
    this.sip = sip;
    this.#socket = socket;
    socket.on('message', (data) => {
      const packet = parseRtp(data);
      if (packet) this.#packets.push(packet);
    });
  }

  /** Calls, and is answered. `frequency`: what it says, Hz; silence without. */
  static async call(sipUri: string, frequency?: number): Promise<SoundCaller> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const caller = new SoundCaller(await UdpCaller.open(sipUri), socket);
    if (frequency !== undefined) caller.say(tone({ frequency, seconds: 1 }));
    const body = sdp().replace('m=audio 9 ', `m=audio ${socket.address().port} `);
    const answer = await caller.sip.invite(body.replace('RTP/AVP 0 8 101', 'RTP/AVP 0 101'));
    if (answer.status !== 200) throw new Error(`The call was answered ${String(answer.status)}.`);
    const port = Number(/^m=audio (\d+)/m.exec(answer.body)?.[1]);
    caller.#target = { port, host: '127.0.0.1' };
    caller.#startedAt = performance.now();
    caller.#timer = setInterval(() => caller.#send(), FRAME_MS / 2);
    return caller;
  }

  /** From now on, over and over; nothing for silence. */
  say(sound?: Sound): void {
    this.#voice = sound;
    this.#said = 0;
  }

  /** Where what is heard from now on begins: for `since`. */
  get now(): number {
    return this.#packets.length;
  }

  /** What was heard since then. */
  since(start: number): Sound {
    return soundOf(this.#packets.slice(start));
  }

  /** The next so many seconds of what is heard. */
  async listen(seconds: number): Promise<Sound> {
    const start = this.now;
    await eventually(() => this.now - start >= (seconds * 1000) / FRAME_MS, {
      what: `${seconds} s of sound`,
      every: FRAME_MS,
    });
    return slice(this.since(start), 0, seconds);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
    this.sip.close();
  }

  #said = 0;

  /** As many packets as are due by now. */
  #send(): void {
    const due = Math.floor((performance.now() - this.#startedAt) / FRAME_MS);
    while (this.#sent < due && this.#target) {
      const packet = buildRtp({
        marker: this.#sent === 0,
        payloadType: PCMU,
        sequence: this.#sent,
        timestamp: this.#sent * FRAME_SAMPLES,
        ssrc: 0x5eed,
        payload: Buffer.from(encodeMulaw(this.#frame())),
      });
      this.#socket.send(packet, this.#target.port, this.#target.host);
      this.#sent += 1;
    }
  }

  #frame(): Int16Array {
    const frame = new Int16Array(FRAME_SAMPLES);
    const voice = this.#voice?.samples;
    if (!voice) return frame;
    for (let i = 0; i < FRAME_SAMPLES; i += 1) frame[i] = voice[this.#said++ % voice.length] ?? 0;
    return frame;
  }
}
