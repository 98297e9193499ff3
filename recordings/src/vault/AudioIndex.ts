import type { ByteSource } from '../format/ByteSource.ts';
import { isOpus, SAMPLES_PER_MS } from '../format/opus.ts';
import { decodePackets } from '../format/packets.ts';
import { SealError } from '../format/SealError.ts';
import type { IndexRow } from '../format/seekIndex.ts';
import { SealedLogReader, type RecordPlace } from '../format/SealedLogReader.ts';
import { oggPackets } from '../format/ogg/oggPackets.ts';
import { OggOpusMuxer, type MuxState } from '../format/ogg/OggOpusMuxer.ts';
import type { Damage } from './Vault.ts';

/** A part of the Ogg file that is made of one record, or of none (head and tail). */
interface Section {
  /** Of its first byte in the Ogg file. */
  offset: number;
  size: number;
  /** The record, and how the muxer stood before it; `null` for head and tail. */
  source: { place: RecordPlace; state: MuxState } | null;
}

/** Opens the file, wherever it lies by then. */
export type OpenFile = () => Promise<ByteSource>;

/** Which file it must be: a file cannot be passed off for another. */
export interface AudioFileName {
  recordingId: string;
  trackId: string;
}

/**
 * Which record makes which part of a track's Ogg file: a few dozen bytes for half a second of sound,
 * so that any range is made of the records that it touches. The sound itself is not kept.
 */
export class AudioIndex {
  readonly size: number;
  /** What does not open, and is silent in the Ogg file. */
  readonly damage: Damage[];
  /** On the recording's clock, in samples. */
  readonly endPosition: number;
  /** What a decoder leaves out at the start, and gives after that. */
  readonly length: { skip: number; samples: number };
  readonly #open: OpenFile;
  readonly #muxer: OggOpusMuxer;
  readonly #sections: readonly Section[];
  readonly #head: Buffer;
  readonly #tail: Buffer;

  private constructor(parts: {
    open: OpenFile;
    muxer: OggOpusMuxer;
    sections: Section[];
    head: Buffer;
    tail: Buffer;
    damage: Damage[];
    length: AudioIndex['length'];
    endPosition: number;
  }) {
    this.damage = parts.damage;
    this.length = parts.length;
    this.endPosition = parts.endPosition;
    this.#open = parts.open;
    this.#muxer = parts.muxer;
    this.#sections = parts.sections;
    this.#head = parts.head;
    this.#tail = parts.tail;
    const last = parts.sections.at(-1)!;
    this.size = last.offset + last.size;
  }

  /**
   * Reads a sealed track once; of what `rows` tell, the last record only. Errors: `SealError`, and those of
   * reading.
   */
  static async build(
    open: OpenFile,
    file: AudioFileName,
    identity: string,
    rows: readonly IndexRow[] = [],
  ): Promise<AudioIndex> {
    const log = await SealedLogReader.open(await open(), identity);
    try {
      const { header } = log;
      if (header.recordingId !== file.recordingId || header.name !== file.trackId) {
        throw new SealError('tampered', 'The file is that of another track or recording.');
      }
      const { index, isSound } = await AudioIndex.#read(open, log, rows);
      if (rows.length === 0 || isSound) return index;
      // What is said of a file without damage is wrong then: only the file itself is to be believed.
      return (await AudioIndex.#read(open, log, [])).index;
    } finally {
      await log.close();
    }
  }

  static async #read(
    open: OpenFile,
    log: SealedLogReader,
    rows: readonly IndexRow[],
  ): Promise<{ index: AudioIndex; isSound: boolean }> {
    const { header } = log;
    const muxer = new OggOpusMuxer({
      serial: Number.parseInt(header.fileId.slice(0, 8), 16),
      preSkip: header.preSkip,
      startPosition: header.startPosition,
      vendor: 'switchroom',
    });
    const { bytes: head, next: first } = muxer.head();
    const sections: Section[] = [{ offset: 0, size: head.length, source: null }];
    let [state, offset, from] = [first, head.length, log.first];
    const add = (place: RecordPlace, size: number, next: MuxState): void => {
      sections.push({ offset, size, source: { place, state } });
      [state, offset] = [next, offset + size];
    };
    for (const { bytes: length, oggBytes, pages, samples } of rowsWithin(rows, log)) {
      const { sequence, written } = state;
      const next = { sequence: sequence + pages, written: written + samples };
      add({ ...from, length }, oggBytes, next);
      from = { number: from.number + 1, offset: from.offset + length };
    }
    let end = header.startPosition;
    const damage: Damage[] = [];
    const toMs = (position: number): number => Math.round(position / SAMPLES_PER_MS);
    let isDamaged = false;
    let hasRead = false;
    for await (const part of log.parts(from)) {
      if ('damaged' in part) {
        isDamaged = true;
        continue;
      }
      const { plaintext, clock, number, length, offset: at } = part;
      const packets = decodePackets(plaintext).filter(isOpus);
      if (isDamaged) damage.push({ fromMs: toMs(end), toMs: toMs(packets[0]?.position ?? clock) });
      isDamaged = false;
      const { size, next } = muxer.measure(state, packets);
      add({ number, length, offset: at }, size, next);
      hasRead = true;
      end = Math.max(end, clock);
    }
    const before = end;
    if (log.end?.how === 'clean') end = log.end.clock;
    if (isDamaged) damage.push({ fromMs: toMs(before), toMs: toMs(end) });
    const tail = muxer.tail(state, end);
    sections.push({ offset, size: tail.length, source: null });
    const { preSkip: skip, startPosition } = header;
    const samples = Math.max(state.written - skip, end - startPosition);
    const length = { skip, samples };
    const parts = { muxer, sections, head, tail, damage, length };
    const index = new AudioIndex({ open, ...parts, endPosition: end });
    return { index, isSound: hasRead && damage.length === 0 };
  }

  /** The bytes of the Ogg file from `start` up to, not including, `end`. */
  async *read(start: number, end: number, identity: string): AsyncGenerator<Uint8Array> {
    const first = this.#find(start);
    let log: SealedLogReader | null = null;
    try {
      for (let index = first; index < this.#sections.length; index++) {
        const { offset, source } = this.#sections[index]!;
        if (offset >= end) break;
        let bytes = index === 0 ? this.#head : this.#tail;
        if (source !== null) {
          log ??= await SealedLogReader.open(await this.#open(), identity);
          const packets = decodePackets(await log.read(source.place)).filter(isOpus);
          ({ bytes } = this.#muxer.body(source.state, packets));
        }
        const part = bytes.subarray(
          Math.max(0, start - offset),
          Math.min(bytes.length, end - offset),
        );
        if (part.length > 0) yield part;
      }
    } finally {
      await log?.close();
    }
  }

  /** What to decode, a second or so at a time. */
  async *packets(identity: string): AsyncGenerator<Uint8Array[]> {
    // A part is whole pages, since all of it is asked for.
    for await (const pages of this.read(this.#head.length, this.size, identity)) {
      yield oggPackets(pages);
    }
  }

  /** The section that holds a byte, by halving. */
  #find(byte: number): number {
    let low = 0;
    let high = this.#sections.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#sections[middle]!.offset <= byte) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/**
 * Those of records that are in the file: a recorder that died can have noted one that was never written. The last of them is
 * read all the same, since it shows that they add up, and how far the clock was.
 */
function rowsWithin(rows: readonly IndexRow[], { first, size }: SealedLogReader): IndexRow[] {
  let end = first.offset;
  const within = rows.findIndex(({ bytes }) => (end += bytes) > size);
  return rows.slice(0, within === -1 ? -1 : Math.max(0, within - 1));
}
