/**
 * Arithmetic on RTP sequence numbers, which wrap at 16 bits (RFC 3550 section 5.1).
 * Every comparison of sequence numbers goes through here.
 */

/** `a - b` on the circle: -32768 to 32767. Positive when `a` is later. */
export function seqDiff(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

export function seqIsLater(a: number, b: number): boolean {
  return seqDiff(a, b) > 0;
}

/** `seq + by`, wrapped. */
export function seqAdd(seq: number, by: number): number {
  return (seq + by) & 0xffff;
}

/**
 * The sequence number without wrapping, told by the nearest one known (`last`, extended as well).
 * Goes backwards for a late packet; may be negative just after the start.
 */
export function extendSeq(last: number, seq: number): number {
  return last + seqDiff(seq, last & 0xffff);
}
