import { isOpus } from '../format/opus.ts';
import { OggOpusMuxer, type MuxState } from '../format/ogg/OggOpusMuxer.ts';
import type { PlacedPacket } from '../format/packets.ts';
import type { IndexRow } from '../format/seekIndex.ts';

/** Says of each record of a file what part of its Ogg file it makes. */
export class Indexer {
  readonly #muxer: OggOpusMuxer;
  readonly #onRow: (row: IndexRow) => void;
  #state: MuxState;

  constructor(start: { startPosition: number; preSkip: number }, onRow: (row: IndexRow) => void) {
    // Who made it and which stream it is change nothing in what follows the head.
    this.#muxer = new OggOpusMuxer({ ...start, serial: 0, vendor: '' });
    this.#state = this.#muxer.head().next;
    this.#onRow = onRow;
  }

  /** `bytes`: of the record that these packets are in. */
  add(packets: readonly PlacedPacket[], bytes: number): void {
    const { sequence, written } = this.#state;
    const { size: oggBytes, next } = this.#muxer.measure(this.#state, packets.filter(isOpus));
    this.#state = next;
    const pages = next.sequence - sequence;
    this.#onRow({ bytes, oggBytes, pages, samples: next.written - written });
  }
}
