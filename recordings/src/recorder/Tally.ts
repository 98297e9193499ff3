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
}

/** Counts, for each track, what came in, what is in the file and on the disk, and what the server says there was. */
export class Tally {
  readonly #rows: Row[] = [];

  add(row: Pick<Row, 'trackId' | 'participantId' | 'writer' | 'log'>): void {
    this.#rows.push({ ...row, compared: null, ended: false });
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

  /** For the manifest: of tracks that were ended in order. */
  get ledger(): Entry[] {
    return this.#rows
      .filter(({ ended, log }) => ended && log.failure === undefined)
      .map(({ trackId, writer, log, compared }) => ({
        ...{ track: trackId, compared, received: writer.stats.received },
        ...{ written: log.packets, sounding: log.sounding },
      }));
  }
}
