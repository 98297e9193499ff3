import { timestampDiff } from '../media/embedded/rtp/timestamp32.ts';
import { PHONE_RATE } from './soundFile.ts';

/** A jump of the far end's timestamps by more than this is a new timeline, not a pause: 60 s. */
const LONGEST_PAUSE = 60 * PHONE_RATE;

/** Everything that a phone has heard, laid out by RTP timestamps; pauses are silence. */
export class HeardSound {
  #samples = new Int16Array(PHONE_RATE * 10);
  #length = 0;
  /** A timestamp of the running timeline, and where it lies. */
  #anchor: { ssrc: number; timestamp: number; at: number } | undefined;

  /** What was heard so far; later frames do not change it. */
  get samples(): Int16Array {
    return this.#samples.slice(0, this.#length);
  }

  /** A decoded packet. One that comes late is put in its place. */
  push(frame: Int16Array, timestamp: number, ssrc: number): void {
    let at = this.#place(timestamp, ssrc);
    if (at === undefined) {
      at = this.#length;
      this.#anchor = { ssrc, timestamp, at };
    } else if (this.#anchor) {
      // Moved on, so that the difference never comes near the wrap.
      this.#anchor = { ssrc, timestamp, at };
    }
    if (at < 0) return;
    this.#reserve(at + frame.length);
    this.#samples.set(frame, at);
    this.#length = Math.max(this.#length, at + frame.length);
  }

  #place(timestamp: number, ssrc: number): number | undefined {
    const anchor = this.#anchor;
    if (anchor?.ssrc !== ssrc) return undefined;
    const since = timestampDiff(timestamp, anchor.timestamp);
    return Math.abs(since) > LONGEST_PAUSE ? undefined : anchor.at + since;
  }

  #reserve(length: number): void {
    if (length <= this.#samples.length) return;
    const grown = new Int16Array(Math.max(length, this.#samples.length * 2));
    grown.set(this.#samples.subarray(0, this.#length));
    this.#samples = grown;
  }
}
