import type { Gap, PausedBy } from '@switchroom/protocol';
import { MIX_ID } from '../format/ids.ts';
import { opusSamples, SAMPLES_PER_MS } from '../format/opus.ts';
import type { TrackWriter } from './TrackWriter.ts';

/** A part of a file in which a pause left nothing, in ms of the recording's clock. */
interface Part {
  readonly file: string;
  readonly fromMs: number;
  toMs: number | null;
  readonly by: PausedBy;
}

/** A track that is written. */
interface OpenTrack {
  readonly view: { readonly id: string };
  readonly writer: Pick<TrackWriter, 'cut' | 'end'>;
}

/** Whether a recording is paused, and the gaps that its pauses leave, for each of its files. */
export class PauseLog {
  readonly #parts: Part[] = [];
  #by: PausedBy | null = null;
  /** Monotonic, ms. */
  #resumedAt = -Infinity;

  get gaps(): Gap[] {
    return this.#parts.map((part) => ({ ...part, reason: 'paused' as const }));
  }

  /** Whether what came at `now` is written. The first packet after a pause began within it. */
  writes(payload: Uint8Array, now: number): boolean {
    return this.#by === null && now - opusSamples(payload) / SAMPLES_PER_MS >= this.#resumedAt;
  }

  /**
   * Pauses from `now` (ms, monotonic) on, where the recording's clock is at `position` (samples), or goes on (null).
   * False when that is nothing new.
   */
  set(
    by: PausedBy | null,
    { now, position, tracks }: { now: number; position: number; tracks: readonly OpenTrack[] },
  ): boolean {
    if ((by === null) === (this.#by === null)) return false;
    this.#by = by;
    if (by === null) {
      this.#resumedAt = now;
      this.#end(position / SAMPLES_PER_MS);
      for (const { writer } of tracks) writer.cut(now, position);
      return true;
    }
    // What came before was said before, wherever a sender's clock has put it.
    for (const { writer } of tracks) writer.cut(now);
    const last = Math.max(position, ...tracks.map(({ writer }) => writer.end));
    this.begins(MIX_ID, last / SAMPLES_PER_MS);
    for (const { view, writer } of tracks) {
      this.begins(view.id, Math.max(position, writer.end) / SAMPLES_PER_MS);
    }
    return true;
  }

  /** A file in which there is nothing from here on, if it is paused. */
  begins(file: string, fromMs: number): void {
    const { ceil } = Math;
    if (this.#by !== null)
      this.#parts.push({ file, fromMs: ceil(fromMs), toMs: null, by: this.#by });
  }

  /** A file that ends. */
  ends(file: string, toMs: number): void {
    this.#end(toMs, file);
  }

  #end(toMs: number, file?: string): void {
    for (const part of this.#parts) {
      if (part.toMs !== null || (file !== undefined && part.file !== file)) continue;
      part.toMs = Math.max(part.fromMs, toMs);
    }
  }
}
