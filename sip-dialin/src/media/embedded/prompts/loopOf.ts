/**
 * Sounds one after the other that begin again in whole frames: `once` from the beginning, and `again`
 * after it and after itself. What is left over at the end, less than a frame, fades into the
 * beginning of the next round. Less than one frame is filled up with silence.
 */
export function loopOf(
  parts: readonly Int16Array[],
  frameSamples: number,
): { once: Int16Array; again: Int16Array } {
  const all = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  if (all.length > 0 && all.length < frameSamples) {
    const once = new Int16Array(frameSamples);
    once.set(all);
    return { once, again: once };
  }
  const whole = all.length - (all.length % frameSamples);
  const once = all.subarray(0, whole);
  const again = once.slice();
  const left = all.subarray(whole);
  for (let i = 0; i < left.length; i++) {
    const share = i / left.length;
    again[i] = Math.round(left[i]! * (1 - share) + once[i]! * share);
  }
  return { once, again };
}
