import type { RecordingCounts } from '@switchroom/protocol';
import type { Manifest } from '../format/manifest.ts';
import type { AudioLog } from './AudioLog.ts';
import type { TrackWriter } from './TrackWriter.ts';

type Entry = Manifest['ledger'][number];

interface Row {
  trackId: string;
  participantId: string;
  writer: TrackWriter;
  log: AudioLog;
  compared: Entry['compared'];
  ended: boolean;
  /** As it was last noted. */
  noted: Entry;
}

/** What is counted is noted so often, for whoever has to seal it if we die, ms. */
const NOTE_MS = 10_000;

/** Counts, for each track, what came in, what is in the file and on the disk, and what the server says there was. */
export class Tally {
  readonly #rows: Row[] = [];
  #notedMs = 0;

  add(row: Pick<Row, 'trackId' | 'participantId' | 'writer' | 'log'>): void {
    this.#rows.push({ ...row, compared: null, ended: false, noted: unknownEntry(row.trackId) });
  }

  /** Notes all that is counted at a time on the recording's clock, when that is due. */
  note(atMs: number): boolean {
    if (atMs - this.#notedMs < NOTE_MS) return false;
    this.#notedMs = atMs;
    for (const row of this.#rows) {
      if (row.ended) continue;
      const { trackId: track, compared, writer, log } = row;
      const counted = { received: writer.stats.received, written: log.synced };
      row.noted = { track, compared, ...counted, sounding: 'unknown', upToMs: atMs };
    }
    return true;
  }

  ended(trackId: string): void {
    for (const row of this.#rows) if (row.trackId === trackId) row.ended = true;
  }

  /** Of the tracks that are written now. */
  get counts(): RecordingCounts['tracks'] {
    return this.#rows
      .filter(({ ended }) => !ended)
      .map(({ participantId, writer, log: { written, synced } }) => {
        return { participantId, received: writer.stats.received, written, synced };
      });
  }

  /** What the server had passed on of a participant when we had counted so many. */
  compared(participantId: string, produced: number, received: number): void {
    const row = this.#rows.findLast((one) => one.participantId === participantId);
    if (row && !row.ended) row.compared = { produced, received };
  }

  /** For the manifest: of tracks that were not ended in order, as it was last noted. */
  get ledger(): Entry[] {
    return this.#rows.map(({ trackId, writer, log, compared, ended, noted }) => {
      if (!ended || log.failure !== undefined) return noted;
      const counted = { written: log.packets, sounding: log.sounding };
      return { track: trackId, compared, received: writer.stats.received, ...counted };
    });
  }
}

/** Of a track that nobody counted. */
export function unknownEntry(track: string): Entry {
  const counts = { received: 'unknown', written: 'unknown', sounding: 'unknown' } as const;
  return { track, compared: null, ...counts, upToMs: 0 };
}
