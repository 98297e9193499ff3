import type { LegFormat } from '../codecs/legCodecs.ts';
import { writePrompt } from '../prompts/wav.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { Recording } from './Recording.ts';

/** Keys in the sound take 40 ms to be told, and packets come with up to as much more. */
const KEY_MS = 80;
const NOTHING = new Uint8Array(0);

/** Records one leg's caller, one call of `record` at a time. */
export class LegRecorder {
  #current: { recording: Recording; end: (wav: Uint8Array) => void } | undefined;

  get isRecording(): boolean {
    return this.#current !== undefined;
  }

  /** Ends what was recorded before. Resolves with a WAV file, or no bytes when nothing was said. */
  start(maxMs: number, now: number): Promise<Uint8Array> {
    this.stop();
    const ended = Promise.withResolvers<Uint8Array>();
    this.#current = { recording: new Recording(maxMs, now), end: ended.resolve };
    return ended.promise;
  }

  push(packet: RtpPacket, pcm: Int16Array, format: LegFormat, now: number): void {
    this.#current?.recording.push(packet, pcm, format, now);
  }

  passOver(packet: RtpPacket, now: number): void {
    this.#current?.recording.passOver(packet, now);
  }

  /** The caller pressed a key: also one that is heard before it is told is not to be in it. */
  keyPressed(): void {
    this.#current?.recording.forgetLast(KEY_MS);
  }

  /** Ends what has lasted for as long as it may. */
  check(now: number): void {
    if (this.#current?.recording.isOver(now)) this.stop();
  }

  stop(): void {
    if (!this.#current) return;
    const { recording, end } = this.#current;
    this.#current = undefined;
    const pcm = recording.finish();
    end(pcm.length > 0 ? writePrompt(pcm) : NOTHING);
  }
}
