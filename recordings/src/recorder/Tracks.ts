import type { TrackView } from '@switchroom/protocol';
import type { ManifestFile } from '../format/manifest.ts';
import { SAMPLES_PER_MS } from '../format/opus.ts';
import type { AudioLog, AudioLogOptions } from './AudioLog.ts';
import type { Participant } from './Minutes.ts';
import type { Mixer } from './Mixer.ts';
import { newTrack } from './newTrack.ts';
import type { RtpPacket } from './rtp.ts';
import { positionAt, TrackWriter } from './TrackWriter.ts';

/** A track begins at a multiple of 5 ms: in whole ms, and in whole shortest frames, which ties are a multiple of. */
const START_GRID = 5 * SAMPLES_PER_MS;

/** One that is written. */
export interface Track {
  view: TrackView;
  log: AudioLog;
  writer: TrackWriter;
}

export interface TracksOptions {
  /** The recording's start: ms, monotonic. */
  startedAt: number;
  makeLog: (file: Pick<AudioLogOptions, 'id' | 'startPosition'>) => Promise<AudioLog>;
  /** Gets what is written, of each track as a source. */
  mixer: Pick<Mixer, 'addSource' | 'removeSource' | 'push' | 'cursor'>;
  onBegun: (track: Track, participant: Participant) => void;
  /** A place in a track where there are no packets, ms. */
  onSilence: (trackId: string, fromMs: number, toMs: number) => void;
  /** Nothing is written to it any more. */
  onEnded: (view: TrackView) => void;
  /** Its file is complete on the disk. */
  onFile: (file: ManifestFile) => void;
}

/**
 * The tracks of one recording, from when a participant is first heard until the file is on the disk and the mix beyond
 * its end. No participant has two at a time. Owned by its Recording.
 */
export class Tracks {
  readonly #options: TracksOptions;
  readonly #all: TrackView[] = [];
  /** Those that are written, by participant id. */
  readonly #open = new Map<string, Track>();
  /** Those being made, by participant id. */
  readonly #making = new Map<string, Promise<void>>();
  readonly #ending = new Set<Promise<void>>();
  #hasFailed = false;
  /** Ended ones that the mix has not passed yet. */
  readonly #mixing = new Set<TrackView>();

  constructor(options: TracksOptions) {
    this.#options = options;
  }

  /** In the order in which they began. */
  get views(): readonly TrackView[] {
    return this.#all;
  }

  /** Those that are written. */
  get open(): Track[] {
    return [...this.#open.values()];
  }

  /** Whether a file could not be written, or not to its end. */
  get failed(): boolean {
    return this.#hasFailed || this.open.some(({ log }) => log.failure !== undefined);
  }

  /** The one that is written of a participant. */
  of(participantId: string): Track | undefined {
    return this.#open.get(participantId);
  }

  /** Makes one; resolves when it is open. One that is being made is waited for. */
  async add(participant: Participant, now: number): Promise<void> {
    let making = this.#making.get(participant.id);
    if (making === undefined) {
      making = this.#make(participant, now).finally(() => this.#making.delete(participant.id));
      this.#making.set(participant.id, making);
    }
    await making;
  }

  /** Writes what is due. */
  tick(now: number): void {
    for (const { writer } of this.#open.values()) writer.tick(now);
  }

  /** To be called when the mix went on: it needs no source any more whose end it has passed. */
  mixWentOn(): void {
    const { mixer } = this.#options;
    for (const track of this.#mixing) {
      if (mixer.cursor < track.endMs! * SAMPLES_PER_MS) continue;
      mixer.removeSource(track.id);
      this.#mixing.delete(track);
    }
  }

  /** Takes an RTP packet of a participant. One without an open track is ignored. */
  push(participantId: string, packet: RtpPacket, now: number): void {
    this.#open.get(participantId)?.writer.push(packet, now);
  }

  /** Ends a participant's track. False when there is none. */
  end(participantId: string, now: number): boolean {
    const track = this.#open.get(participantId);
    if (track === undefined) return false;
    const ending = this.#end(participantId, track, now);
    this.#ending.add(ending);
    ending.then(
      () => this.#ending.delete(ending),
      // It stays, for `endAll()` to give it.
      () => (this.#hasFailed = true),
    );
    return true;
  }

  /** Its tracks, those that have ended too, go by the name that it has now. False when none had another. */
  rename(participantId: string, name: string): boolean {
    const renamed = this.#all.filter(
      (view) => view.participantId === participantId && view.participantName !== name,
    );
    for (const view of renamed) view.participantName = name;
    return renamed.length > 0;
  }

  /** Resolves when none is being made any more, however that went. */
  async whenMade(): Promise<void> {
    await Promise.allSettled([...this.#making.values()]);
  }

  /** Ends all that are open. Each of the promises is of one file that is ended, and rejects with what a write failed with. */
  endAll(now: number): Promise<void>[] {
    const last = [...this.#open].map(([id, track]) => this.#end(id, track, now));
    return [...this.#ending, ...last];
  }

  async #make(participant: Participant, now: number): Promise<void> {
    const { startedAt, mixer, makeLog, onSilence, onBegun } = this.#options;
    const startPosition = Math.floor(positionAt(startedAt, now) / START_GRID) * START_GRID;
    const view = newTrack(participant, startPosition);
    const { id } = view;
    const log = await makeLog({ id, startPosition });
    await mixer.addSource(id);
    const writer = new TrackWriter({
      ...{ log, startedAt, startPosition },
      onPacket: (packet, samples) => mixer.push(id, packet, samples),
      onSilence: (from, to) => onSilence(id, from / SAMPLES_PER_MS, to / SAMPLES_PER_MS),
    });
    const track = { view, log, writer };
    this.#all.push(view);
    this.#open.set(participant.id, track);
    onBegun(track, participant);
  }

  /** At `now`, or after its last packet if that is later. */
  async #end(participantId: string, { view, log, writer }: Track, now: number): Promise<void> {
    this.#open.delete(participantId);
    writer.finish(now, positionAt(this.#options.startedAt, now));
    view.endMs = Math.ceil(writer.end / SAMPLES_PER_MS);
    this.#mixing.add(view);
    this.#options.onEnded(view);
    this.#options.onFile(await log.end(view.endMs * SAMPLES_PER_MS));
  }
}
