import type { KeyObject } from 'node:crypto';
import { ContentDigest } from '../format/contentDigest.ts';
import { sealedFile } from '../format/ids.ts';
import type { ManifestFile } from '../format/manifest.ts';
import { encodePackets, type PlacedPacket } from '../format/packets.ts';
import { SealedLogWriter } from '../format/SealedLogWriter.ts';
import { maskMark } from './contentMark.ts';
import type { Disk } from './Disk.ts';
import type { Indexer } from './Indexer.ts';
import type { IndexLog } from './IndexLog.ts';

export interface AudioLogOptions {
  vaultDirectory: string;
  recordingId: string;
  /** Track id, or `mix`. */
  id: string;
  /** Where it begins on the recording's clock, in samples. */
  startPosition: number;
  preSkip: number;
  /** `age1…`, or several with commas. */
  recipient: string;
  /** Hides the content's digest (contentMark.ts). */
  contentKey: KeyObject;
  disk: Disk;
  /** Of the recording. */
  index: IndexLog;
}

/** The sealed file of a track or of the mix while it is written, with the digest of what it says. */
export class AudioLog {
  readonly #options: AudioLogOptions;
  readonly #log: SealedLogWriter;
  readonly #digest: ContentDigest;
  readonly #indexer: Indexer;
  readonly #leave: () => void;
  /** Packets appended so far, at the end of each record that may not be on the disk yet. */
  #recent: { record: number; packets: number }[] = [];
  #packets = 0;
  #written = 0;
  #synced = 0;

  private constructor(options: AudioLogOptions, log: SealedLogWriter) {
    this.#options = options;
    this.#log = log;
    this.#digest = new ContentDigest(options.startPosition);
    this.#indexer = options.index.indexer(options.id, options);
    this.#leave = options.disk.add(log);
  }

  /** Makes the file, which must not exist. */
  static async create(options: AudioLogOptions): Promise<AudioLog> {
    const { vaultDirectory, recordingId, id, startPosition, preSkip, recipient } = options;
    const info = { recordingId, name: id, content: 'opus' as const, startPosition, preSkip };
    const path = sealedFile(vaultDirectory, recordingId, id);
    return new AudioLog(
      options,
      await SealedLogWriter.create(path, info, recipient, options.disk.io),
    );
  }

  get id(): string {
    return this.#options.id;
  }

  get failure(): Error | undefined {
    return this.#log.failure;
  }

  /** Packets that were appended. */
  get packets(): number {
    return this.#packets;
  }

  /** Those of them that are no mere silence: what the content's digest is of. */
  get sounding(): number {
    return this.#digest.packets;
  }

  /** Packets that are in the file. */
  get written(): number {
    this.#look();
    return this.#written;
  }

  /** Packets that are on the disk. */
  get synced(): number {
    this.#look();
    return this.#synced;
  }

  /** Seals one record. `clock`: the recording's clock at its end, in samples. */
  append(packets: readonly PlacedPacket[], clock: number): void {
    for (const packet of packets) this.#digest.push(packet);
    const { size } = this.#log;
    this.#log.append(encodePackets(packets), clock, this.#mark());
    this.#indexer.add(packets, this.#log.size - size);
    this.#packets += packets.length;
    this.#recent.push({ record: this.#log.records, packets: this.#packets });
  }

  /** Marks the end, brings the file to the disk and closes it. Throws what a write failed with. */
  async end(clock: number): Promise<ManifestFile> {
    const { id, startPosition, preSkip } = this.#options;
    this.#leave();
    const content = this.#digest.value.toString('hex');
    const sha256 = await this.#log.end(clock, this.#mark());
    const endPosition = Math.max(startPosition, clock);
    return {
      ...{ id, sha256, bytes: this.#log.size, endedCleanly: true },
      ...{ startPosition, endPosition, preSkip, content },
    };
  }

  #look(): void {
    const { written, synced } = this.#log;
    const upTo = (records: number): number | undefined =>
      this.#recent.findLast(({ record }) => record <= records)?.packets;
    this.#written = upTo(written) ?? this.#written;
    this.#synced = upTo(synced) ?? this.#synced;
    this.#recent = this.#recent.filter(({ record }) => record > synced);
  }

  #mark(): Buffer {
    const { contentKey, id } = this.#options;
    return maskMark(contentKey, id, this.#log.records, this.#digest.value);
  }
}
