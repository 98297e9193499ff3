import { rm } from 'node:fs/promises';
import {
  AppError,
  type Consent,
  type PausedBy,
  type RecordingState,
  type RecordingView,
} from '@switchroom/protocol';
import { MIX_ID, recordingDirectory } from '../format/ids.ts';
import type { Manifest } from '../format/manifest.ts';
import { CLOCK_RATE, SAMPLES_PER_MS } from '../format/opus.ts';
import type { AudioLog } from './AudioLog.ts';
import type { IndexFile } from './IndexLog.ts';
import { endLeftOver } from './leftOver.ts';
import { makeDirectory } from './makeDirectory.ts';
import { Minutes, type Participant } from './Minutes.ts';
import { Mixer } from './Mixer.ts';
import { MixWriter } from './MixWriter.ts';
import { PauseLog } from './PauseLog.ts';
import type { RecordingOptions } from './RecordingOptions.ts';
import { RecordingSecrets } from './RecordingSecrets.ts';
import type { RtpPacket } from './rtp.ts';
import { SilenceLog } from './SilenceLog.ts';
import { StateKeeper } from './StateKeeper.ts';
import { Tally } from './Tally.ts';
import { Tracks, type Track } from './Tracks.ts';
import { positionAt } from './TrackWriter.ts';

/**
 * One recording while it is made: a track for each participant and the mix, on one clock. It knows
 * no sockets, and time is given to it: ms of a monotonic clock.
 */
export class Recording {
  readonly #options: RecordingOptions;
  readonly #directory: string;
  readonly #secrets: RecordingSecrets;
  readonly #mixLog: AudioLog;
  readonly #mix: MixWriter;
  readonly #tracks: Tracks;
  readonly #minutes = new Minutes();
  readonly #tally = new Tally();
  readonly #pauses = new PauseLog();
  readonly #silences = new SilenceLog();
  readonly #files: Manifest['files'] = [];
  readonly #keeper: StateKeeper;
  #state: RecordingState = 'recording';
  #durationMs: number | null = null;
  #closed: Promise<void> | null = null;
  #discarded = false;

  private constructor(
    options: RecordingOptions,
    secrets: RecordingSecrets,
    mixLog: AudioLog,
    mixer: Mixer,
  ) {
    this.#options = options;
    this.#secrets = secrets;
    this.#directory = recordingDirectory(options.vaultDirectory, options.start.recordingId);
    this.#mixLog = mixLog;
    this.#mix = new MixWriter(mixer, mixLog);
    this.#tracks = new Tracks({
      ...{ startedAt: options.now, mixer, makeLog: (file) => secrets.makeLog(options, file) },
      onBegun: (track, participant) => this.#trackBegan(track, participant),
      onSilence: (trackId, fromMs, toMs) => this.#silences.add(trackId, fromMs, toMs),
      onEnded: ({ id, endMs }) => {
        this.#pauses.ends(id, endMs!);
        this.#tally.ended(id);
      },
      onFile: (file) => this.#files.push(file),
    });
    // From the seal on the manifest is the sealer's.
    const state = () =>
      this.#state === 'recording' ? secrets.stateOf(options, this.#manifest()) : undefined;
    this.#keeper = new StateKeeper({ ...options, directory: this.#directory, state });
  }

  /**
   * Makes the recording's directory with the mix, the manifest and the journal in it.
   * Errors: as of `makeDirectory()`.
   */
  static async create(options: RecordingOptions): Promise<Recording> {
    const { vaultDirectory, start } = options;
    const directory = await makeDirectory(vaultDirectory, start.recordingId);
    const mixer = await Mixer.create();
    // What is open has to be closed where the start fails further on.
    const opened: (() => Promise<unknown>)[] = [];
    try {
      const secrets = await RecordingSecrets.create(options, mixer.lookahead);
      opened.push(() => secrets.index.end());
      const log = await secrets.makeLog(options, { id: MIX_ID, startPosition: 0, isMix: true });
      opened.push(() => log.end(0));
      const recording = new Recording(options, secrets, log, mixer);
      recording.told(start.consents ?? [], options.now);
      await recording.pause(start.pausedBy ?? null, options.now);
      await recording.#keeper.save();
      return recording;
    } catch (error) {
      mixer.close();
      await Promise.allSettled(opened.map((end) => end()));
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get id(): string {
    return this.#options.start.recordingId;
  }

  get view(): RecordingView {
    const startedAt = this.#options.wallTime;
    const durationMs = this.#durationMs;
    return {
      ...{ id: this.id, meetingId: this.#options.start.meetingId },
      startedAt: startedAt.toISOString(),
      endedAt: durationMs === null ? null : new Date(+startedAt + durationMs).toISOString(),
      ...{ durationMs, state: this.#state },
      tracks: this.#tracks.views.map((track) => ({ ...track })),
    };
  }

  /** What the mix did so far. */
  get mixStats(): Mixer['stats'] {
    return this.#mix.mixer.stats;
  }

  /** What came in and what is written, track by track. */
  get tally(): Pick<Tally, 'counts' | 'compared'> {
    return this.#tally;
  }

  /** Makes a track for a participant; one that has an open track goes on in it. */
  async addTrack(participant: Participant, now: number): Promise<void> {
    if (this.#closed !== null) throw new AppError('conflict', 'The recording has ended.');
    const track = this.#tracks.of(participant.id);
    if (track === undefined) await this.#tracks.add(participant, now);
    else this.#silences.found(track.view.id, this.#atMs(now));
  }

  /** Takes an RTP packet of a participant, payload and all. One without an open track is ignored. */
  push(participantId: string, packet: RtpPacket, now: number): void {
    if (this.#closed !== null || !this.#pauses.writes(packet.payload, now)) return;
    this.#tracks.push(participantId, packet, now);
  }

  participantJoined(participant: Participant, now: number): void {
    this.#note(now, (atMs) => this.#minutes.joined(participant, atMs));
  }

  participantMuted(participantId: string, muted: boolean, now: number): void {
    this.#note(now, (atMs) => this.#minutes.muted(participantId, muted, atMs));
  }

  /** Its phone has put the call on hold, or taken it up again. */
  participantHeld(participantId: string, held: boolean, now: number): void {
    this.#note(now, (atMs) => this.#minutes.held(participantId, held, atMs));
  }

  participantRenamed(participantId: string, name: string, now: number): void {
    this.#note(now, (atMs) => this.#minutes.renamed(participantId, name, atMs));
    if (this.#closed === null && this.#tracks.rename(participantId, name)) this.#changed();
  }

  /** Who was told of the recording, or agreed; what is known already changes nothing. */
  told(consents: readonly Consent[], now: number): void {
    this.#note(now, (atMs) => this.#minutes.told(consents, this.#options.wallTime, atMs));
  }

  /** Nothing is written from now on, of anybody, or everything again (`null`). Twice is silent; resolves once noted. */
  async pause(by: PausedBy | null, now: number): Promise<void> {
    if (this.#closed !== null) return;
    const at = { now, position: positionAt(this.#options.now, now) };
    if (this.#pauses.set(by, { ...at, tracks: this.#tracks.open })) await this.#keeper.save();
  }

  /** What the server sent ends, until it offers each participant's sound again. */
  serverLost(now: number): void {
    if (this.#closed !== null) return;
    const ids = this.#tracks.open.map(({ view }) => view.id);
    this.#silences.lost(ids, this.#atMs(now));
  }

  /** Ends the participant's track. */
  participantLeft(participantId: string, now: number): void {
    if (this.#closed !== null) return;
    this.#minutes.left(participantId, this.#atMs(now));
    this.#keeper.saveSoon();
    if (this.#tracks.end(participantId, now)) this.#changed();
  }

  /** Whoever was there and is none of these has left: nobody could tell when. */
  onlyThere(participantIds: ReadonlySet<string>, now: number): void {
    for (const id of this.#minutes.present) {
      if (!participantIds.has(id)) this.participantLeft(id, now);
    }
  }

  /** Writes and mixes what is due. Call it every 100 ms or so. */
  tick(now: number): void {
    if (this.#closed !== null) return;
    this.#tracks.tick(now);
    this.#mix.tick(positionAt(this.#options.now, now));
    this.#tracks.mixWentOn();
    if (this.#tally.note(this.#atMs(now))) void this.#keeper.saveJournal().catch(() => undefined);
    const failed = this.#tracks.failed || this.#mixLog.failure !== undefined;
    if (failed) void this.stop(now).catch(() => undefined);
  }

  /**
   * Ends and seals everything. Resolves once it is on disk; a second call gives the same promise.
   * Rejects with what a write failed with: the recording's state is `failed` then.
   */
  stop(now: number): Promise<void> {
    return (this.#closed ??= this.#close(now));
  }

  /** Ends it and removes all of it from the vault, without a word. */
  async discard(now: number): Promise<void> {
    this.#discarded = true;
    await this.stop(now).catch(() => undefined);
    await rm(this.#directory, { recursive: true, force: true });
  }

  #trackBegan({ view, log, writer }: Track, participant: Participant): void {
    this.#minutes.joined(participant, view.startMs);
    this.#tally.add({ trackId: view.id, participantId: participant.id, writer, log });
    this.#pauses.begins(view.id, view.startMs);
    this.#changed();
  }

  async #close(now: number): Promise<void> {
    // What is being made now belongs to it still.
    await this.#tracks.whenMade();
    const at = positionAt(this.#options.now, now);
    const endings = this.#tracks.endAll(now);
    const ends = this.#tracks.views.map(({ endMs }) => endMs ?? 0);
    this.#durationMs = Math.max(at / SAMPLES_PER_MS, ...ends);
    const end = this.#durationMs * SAMPLES_PER_MS;
    this.#pauses.ends(MIX_ID, this.#durationMs);
    this.#mix.finish(end);
    const mixEnding = this.#mixLog.end(end).then((file) => this.#files.push(file));
    const results = await Promise.allSettled([...endings, mixEnding]);
    const index = await this.#secrets.index.end();
    const failed = results.find((result) => result.status === 'rejected');
    this.#state = failed ? 'failed' : 'sealed';
    try {
      // What never began is not in the chain.
      if (!this.#discarded) await this.#seal(index);
      await this.#options.journal.remove(this.#directory);
    } catch (error) {
      this.#state = 'failed';
      throw error;
    } finally {
      if (!this.#discarded) this.#options.onChange(this.view);
    }
    if (failed === undefined) return;
    const cause: unknown = failed.reason;
    throw new AppError('internal', 'The recording could not be written to the end.', { cause });
  }

  async #seal(index: IndexFile | null): Promise<void> {
    // Nothing may be written beside it.
    await this.#keeper.whenSaved;
    const manifest = this.#manifest();
    if (this.#state === 'failed') {
      const state = this.#secrets.stateOf(this.#options, manifest);
      const left = await endLeftOver(this.#options.vaultDirectory, state, 'write-failed');
      manifest.files = left.files;
      manifest.gaps = [...manifest.gaps, ...left.gaps];
    }
    const { recipient, exportKey = null } = this.#options.start;
    await this.#options.sealer.seal({ manifest, index, recipient, exportKey });
  }

  /** What happened while it is made; `write` gives false where nothing is other than before. */
  #note(now: number, write: (atMs: number) => unknown): void {
    if (this.#closed === null && write(this.#atMs(now)) !== false) this.#keeper.saveSoon();
  }

  #atMs(now: number): number {
    return positionAt(this.#options.now, now) / SAMPLES_PER_MS;
  }

  #changed(): void {
    this.#keeper.saveSoon();
    this.#options.onChange(this.view);
  }

  #manifest(): Manifest {
    const minutes = this.#minutes.content;
    const pauses = this.#pauses.gaps;
    const silences = this.#silences.gaps(this.#tracks.views, minutes.timeline, pauses);
    return {
      ...{ type: 'switchroom-manifest', formatVersion: 2, salt: this.#secrets.salt },
      ...{ software: this.#options.software, title: this.#options.start.title },
      ...{ recording: this.view, clockRate: CLOCK_RATE, ...minutes },
      consentPolicy: this.#options.start.consent ?? 'notice',
      speakers: this.#mix.mixer.speakers,
      ledger: this.#tally.ledger,
      ...{ gaps: [...pauses, ...silences], files: [...this.#files], recovered: null, seal: null },
    };
  }
}
