/** What is wrong with a sealed file. */
export type SealFault =
  /** Not one of our files, or of a version that this program does not know. */
  | 'unknown-format'
  /** The identity given is not one that the file was encrypted to. */
  | 'wrong-key'
  /** Bytes were changed, moved or taken from another file. */
  | 'tampered';

/** A sealed file that cannot be trusted. */
export class SealError extends Error {
  readonly fault: SealFault;

  constructor(fault: SealFault, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SealError';
    this.fault = fault;
  }
}
