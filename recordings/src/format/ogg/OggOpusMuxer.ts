import { opusSamples, SILENCE } from '../opus.ts';
import type { PlacedPacket } from '../packets.ts';
import { oggCrc } from './crc.ts';

const PAGE_HEAD_BYTES = 27;
const MAX_SEGMENTS = 255;
/** A page holds at most a second (RFC 7845 section 3 recommends no more). */
const PAGE_SAMPLES = 48_000;
const FLAG_FIRST = 2;
const FLAG_LAST = 4;
/** An offset that no player would miss; it makes no difference what it is. */
const OUTPUT_RATE = 48_000;

/** Where a muxer stands between two pages. */
export interface MuxState {
  /** Number of the next page. */
  sequence: number;
  /** Samples written so far. */
  written: number;
}

export interface OggOpusOptions {
  serial: number;
  preSkip: number;
  /** Where the file begins on the recording's clock, in samples. */
  startPosition: number;
  vendor: string;
}

/**
 * Makes Ogg Opus (RFC 7845) of packets with places on a clock. What is between them becomes silence, so
 * that decoded time is the clock's. It keeps nothing: the same state and packets give the same bytes, so
 * any part of a file can be made again.
 */
export class OggOpusMuxer {
  readonly #options: OggOpusOptions;

  constructor(options: OggOpusOptions) {
    this.#options = options;
  }

  /** The two header pages. */
  head(): { bytes: Buffer; next: MuxState } {
    const { preSkip, vendor } = this.#options;
    const head = Buffer.alloc(19);
    head.write('OpusHead', 'ascii');
    head.writeUInt8(1, 8);
    head.writeUInt8(1, 9);
    head.writeUInt16LE(preSkip, 10);
    head.writeUInt32LE(OUTPUT_RATE, 12);
    const tags = Buffer.alloc(16 + Buffer.byteLength(vendor));
    tags.write('OpusTags', 'ascii');
    tags.writeUInt32LE(Buffer.byteLength(vendor), 8);
    tags.write(vendor, 12);
    const bytes = Buffer.concat([
      this.#page([head], { sequence: 0, granule: 0, flags: FLAG_FIRST }),
      this.#page([tags], { sequence: 1, granule: 0, flags: 0 }),
    ]);
    return { bytes, next: { sequence: 2, written: 0 } };
  }

  /** Pages of some packets, with silence before each up to its place. */
  body(state: MuxState, packets: readonly PlacedPacket[]): { bytes: Buffer; next: MuxState } {
    const pages: Buffer[] = [];
    const writer = this.#bodyWriter(state, pages);
    const next = this.#write(writer, packets);
    return { bytes: Buffer.concat(pages), next };
  }

  /** As `body()`, but gives only how many bytes it would be: without a checksum over all of them. */
  measure(state: MuxState, packets: readonly PlacedPacket[]): { size: number; next: MuxState } {
    let size = 0;
    const writer = new PageWriter(state, (page) => {
      for (const { length } of page) size += length + segmentsOf(length);
      size += PAGE_HEAD_BYTES;
    });
    const next = this.#write(writer, packets);
    return { size, next };
  }

  /**
   * Silence up to the file's end on the recording's clock, and the last page. Its granule position cuts
   * what is too much (RFC 7845 section 4.4): decoded, the file is as long as the clock says.
   */
  tail(state: MuxState, endPosition: number): Buffer {
    const { startPosition, preSkip } = this.#options;
    const granule = Math.max(state.written, endPosition - startPosition + preSkip);
    const pages: Buffer[] = [];
    const writer = this.#bodyWriter(state, pages);
    // One frame is kept for the last page, which must end with the granule position wanted.
    const last = SILENCE[0]!;
    writer.silence(granule - last.samples);
    const next = writer.finish();
    const missing = granule - next.written;
    const lastPage = this.#page(
      Array<Uint8Array>(Math.ceil(missing / last.samples)).fill(last.packet),
      {
        sequence: next.sequence,
        granule,
        flags: FLAG_LAST,
      },
    );
    return Buffer.concat([...pages, lastPage]);
  }

  #bodyWriter(state: MuxState, pages: Buffer[]): PageWriter {
    return new PageWriter(state, (page, { sequence, written }) => {
      pages.push(this.#page(page, { sequence, granule: written, flags: 0 }));
    });
  }

  #write(writer: PageWriter, packets: readonly PlacedPacket[]): MuxState {
    for (const { position, payload } of packets) {
      writer.silence(position - this.#options.startPosition);
      writer.add(payload, opusSamples(payload));
    }
    return writer.finish();
  }

  #page(
    packets: readonly Uint8Array[],
    { sequence, granule, flags }: { sequence: number; granule: number; flags: number },
  ): Buffer {
    const lacing = packets.flatMap(({ length }) => [
      ...Array<number>(Math.floor(length / 255)).fill(255),
      length % 255,
    ]);
    const head = Buffer.alloc(PAGE_HEAD_BYTES);
    head.write('OggS', 'ascii');
    head.writeUInt8(flags, 5);
    head.writeBigUInt64LE(BigInt(granule), 6);
    head.writeUInt32LE(this.#options.serial, 14);
    head.writeUInt32LE(sequence, 18);
    head.writeUInt8(lacing.length, 26);
    const page = Buffer.concat([head, Uint8Array.from(lacing), ...packets]);
    page.writeUInt32LE(oggCrc(page), 22);
    return page;
  }
}

/** Lacing values of a packet (RFC 3533 section 6): it ends with one below 255. */
function segmentsOf(length: number): number {
  return Math.floor(length / 255) + 1;
}

/** Collects packets to pages of at most a second and 255 segments. */
class PageWriter {
  readonly #onPage: (packets: readonly Uint8Array[], at: MuxState) => void;
  #state: MuxState;
  #packets: Uint8Array[] = [];
  #segments = 0;
  #samples = 0;

  /** `onPage` is told a page's packets, its number, and the samples up to its end. */
  constructor(state: MuxState, onPage: (packets: readonly Uint8Array[], at: MuxState) => void) {
    this.#state = state;
    this.#onPage = onPage;
  }

  add(packet: Uint8Array, samples: number): void {
    const segments = segmentsOf(packet.length);
    if (this.#segments + segments > MAX_SEGMENTS || this.#samples + samples > PAGE_SAMPLES) {
      this.#flush();
    }
    this.#packets.push(packet);
    this.#segments += segments;
    this.#samples += samples;
  }

  /** Fills up with silence to so many samples from the file's start, less than 2.5 ms short of it. */
  silence(until: number): void {
    for (const { samples, packet } of SILENCE) {
      while (until - this.#state.written - this.#samples >= samples) this.add(packet, samples);
    }
  }

  /** Where it stands after all that was added. */
  finish(): MuxState {
    if (this.#packets.length > 0) this.#flush();
    return this.#state;
  }

  #flush(): void {
    const { sequence, written } = this.#state;
    const at = written + this.#samples;
    this.#onPage(this.#packets, { sequence, written: at });
    this.#state = { sequence: sequence + 1, written: at };
    this.#packets = [];
    this.#segments = 0;
    this.#samples = 0;
  }
}
