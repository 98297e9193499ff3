/** Longest length field: drachtio-server closes the connection on six digits. */
const MAX_DIGITS = 5;

/** A byte stream that does not speak the protocol. */
export class FrameError extends Error {}

/** Cuts drachtio's control stream, `<byte length>#<payload>`, into payloads. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /** Throws `FrameError` when the length field is no number of one to five digits. */
  push(chunk: Buffer): Buffer[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames: Buffer[] = [];
    for (;;) {
      const hash = this.#pending.indexOf('#');
      const digits = this.#pending.toString('latin1', 0, hash < 0 ? MAX_DIGITS + 1 : hash);
      if (!/^\d{0,5}$/.test(digits) || (hash >= 0 && Number(digits) === 0)) {
        throw new FrameError('no usable length');
      }
      const end = hash + 1 + Number(digits);
      if (hash < 0 || this.#pending.length < end) return frames;
      frames.push(this.#pending.subarray(hash + 1, end));
      this.#pending = this.#pending.subarray(end);
    }
  }
}
