import { peaksOf, type AudioFile, type Peaks } from '@switchroom/recordings/vault';

/** Waveforms kept: some 100 kB each. */
const MOST = 64;

/** Makes the waveforms of tracks, one at a time, and keeps those asked for last, in memory only. */
export class Waveforms {
  readonly #make: (audio: AudioFile) => Promise<Peaks>;
  /** Least recently used first. */
  readonly #kept = new Map<string, { size: number; peaks: Promise<Peaks> }>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(make: (audio: AudioFile) => Promise<Peaks> = peaksOf) {
    this.#make = make;
  }

  /** `name`: of the track, among all. One that has grown since is made anew. */
  of(name: string, audio: AudioFile): Promise<Peaks> {
    let kept = this.#kept.get(name);
    this.#kept.delete(name);
    if (kept?.size !== audio.size) kept = { size: audio.size, peaks: this.#queue(name, audio) };
    this.#kept.set(name, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST && oldest !== undefined) this.#kept.delete(oldest);
    return kept.peaks;
  }

  /** Decoding takes a core: never two. */
  #queue(name: string, audio: AudioFile): Promise<Peaks> {
    const peaks = this.#last.then(() => this.#make(audio));
    this.#last = peaks.catch(() => this.#kept.delete(name));
    return peaks;
  }
}
