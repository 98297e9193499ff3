/** Arithmetic on RTP timestamps, which wrap at 32 bits (RFC 3550 section 5.1). */

/** `a - b` on the circle, in timestamp units. Positive when `a` is later. */
export function timestampDiff(a: number, b: number): number {
  return (a - b) | 0;
}

/** `timestamp + by`, wrapped. `by` may be negative. */
export function timestampAdd(timestamp: number, by: number): number {
  return (timestamp + by) >>> 0;
}
