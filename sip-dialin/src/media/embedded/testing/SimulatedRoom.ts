import { createFrameEncoder, type FrameEncoder } from '../codecs/frameEncoders.ts';
import { g711, type G711Law } from '../codecs/g711.ts';
import { LEG_FORMATS } from '../codecs/legCodecs.ts';
import { LegVoice } from '../leg/LegVoice.ts';
import { Pulse } from '../mixer/Pulse.ts';
import { RoomMixer, type G711Frame, type MixedLeg } from '../mixer/RoomMixer.ts';
import type { Uplink } from '../room/Room.ts';

const SAMPLES = 160;
const TO_NOBODY: Uplink = {
  ssrc: 1,
  codec: 'PCMU',
  push() {},
  rest: () => true,
  passOver() {},
  pause() {},
};

/** What a phone sends, and how the network brings it. */
export interface Habits {
  /** The samples of its packet `i`. */
  says?: (i: number) => Int16Array;
  /** When it sends its first packet, ms. */
  phase?: number;
  ppm?: number;
  /** How much later than the fastest its packet comes, ms; `undefined` when it is lost. */
  lateMs?: (i: number) => number | undefined;
  law?: G711Law;
  packetMs?: number;
}

export interface Heard {
  at: number;
  /** `undefined`: the room is silent. */
  codes: Uint8Array | undefined;
}

/** A phone in a room without sockets and timers. */
export class SimulatedPhone implements MixedLeg {
  readonly codec: G711Law;
  readonly encoder: FrameEncoder;
  readonly voice = new LegVoice();
  readonly heard: Heard[] = [];
  readonly sent: { at: number; codes: Uint8Array }[] = [];
  muted = false;
  readonly noiseDbov = undefined;
  readonly #habits: Habits;
  #sent = 0;
  #next: { at: number; i: number } | undefined;

  constructor(habits: Habits, encoder: FrameEncoder) {
    this.codec = habits.law ?? 'PCMU';
    this.encoder = encoder;
    this.#habits = habits;
  }

  /** Its next packet, and when that arrives. */
  next(): { at: number; i: number } {
    for (; !this.#next; this.#sent++) {
      const { phase = 0, ppm = 0, lateMs = () => 0, packetMs = 20 } = this.#habits;
      const late = lateMs(this.#sent);
      if (late === undefined) continue;
      const at = phase + this.#sent * packetMs * (1 + ppm / 1e6) + late;
      this.#next = { at, i: this.#sent };
    }
    return this.#next;
  }

  arrives(now: number): void {
    const { i } = this.next();
    this.#next = undefined;
    const codes = new Uint8Array(SAMPLES);
    g711(this.codec).encode(this.#habits.says?.(i) ?? new Int16Array(SAMPLES), codes);
    this.sent.push({ at: now, codes });
    if (this.muted) {
      this.voice.drop();
      return;
    }
    const packet = {
      payloadType: 0,
      marker: false,
      sequenceNumber: i & 0xffff,
      timestamp: (i * SAMPLES) >>> 0,
      ssrc: 7,
      csrcs: [],
      extensions: [],
      payload: codes,
    };
    const format = LEG_FORMATS[this.codec];
    if (g711(this.codec).isSilent(codes) && this.voice.rest(packet, format, TO_NOBODY, now)) return;
    const pcm = new Int16Array(SAMPLES);
    g711(this.codec).decode(codes, pcm);
    this.voice.push(packet, pcm, LEG_FORMATS[this.codec], TO_NOBODY, now);
  }

  pullVoice(now: number): Int16Array | undefined {
    return this.voice.pull(now);
  }

  codesOf(voice: Int16Array): G711Frame | undefined {
    return this.voice.codesOf(voice);
  }

  sendFrame(codes: Uint8Array): void {
    this.heard.push({ at: this.clock(), codes });
  }

  sendSilence(): void {
    this.heard.push({ at: this.clock(), codes: undefined });
  }

  clock: () => number = () => 0;

  /** All that it has heard from `fromMs` on, one frame after the other. */
  pcm(fromMs = 0): Int16Array {
    const frames = this.heard.filter(({ at }) => at >= fromMs);
    const pcm = new Int16Array(frames.length * SAMPLES);
    frames.forEach(({ codes }, k) => {
      if (codes) g711(this.codec).decode(codes, pcm.subarray(k * SAMPLES));
    });
    return pcm;
  }
}

/** A room of phones whose time is simulated: packets and ticks happen in their order, at once. */
export class SimulatedRoom {
  readonly phones: SimulatedPhone[] = [];
  readonly mixer = new RoomMixer();
  readonly pulse = new Pulse(0);
  now = 0;

  static async of(...all: Habits[]): Promise<SimulatedRoom> {
    const room = new SimulatedRoom();
    for (const habits of all) {
      const codec = habits.law ?? 'PCMU';
      if (!room.mixer.hasEncoder(codec)) room.mixer.addEncoder(await createFrameEncoder(codec));
      const phone = new SimulatedPhone(habits, await createFrameEncoder(codec));
      phone.clock = () => room.now;
      room.phones.push(phone);
    }
    return room;
  }

  run(untilMs: number): void {
    for (;;) {
      const next = this.phones.reduce((a, b) => (b.next().at < a.next().at ? b : a));
      const at = Math.min(next.next().at, this.pulse.nextAt);
      if (at > untilMs) return;
      this.now = Math.max(this.now, at);
      if (next.next().at <= this.pulse.nextAt) {
        next.arrives(this.now);
        const all = this.phones.map(({ voice }) => voice);
        if (!next.muted && this.pulse.arrived(next.voice, all, this.now)) this.#tick();
      } else if (this.pulse.isDue(this.now)) this.#tick();
    }
  }

  #tick(): void {
    this.pulse.ticked(this.now, this.mixer.mixOnce(this.phones, [], this.now));
  }
}
