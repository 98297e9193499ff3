/*
 * Arithmetic on RTP sequence numbers (16 bits) and timestamps (32 bits), which wrap
 * (RFC 3550 section 5.1, RFC 1982).
 */

/** How far `a` is after `b`, -32768 to 32767. */
export function seqDiff(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

export function seqNext(seq: number): number {
  return (seq + 1) & 0xffff;
}

/** How far timestamp `a` is after `b`, -2^31 to 2^31 - 1. */
export function timestampDiff(a: number, b: number): number {
  return (a - b) | 0;
}
