/** A click is energy at all frequencies; speech and tones of tests have none up here. */
const EDGE_HERTZ = 6000;
/** As short as a click: 5 ms. */
const WINDOW = 240;

/** The loudest 5 ms above 6 kHz: its level in dBov, and where it is in ms. Sound is of 48 kHz. */
export function worstClick(pcm: Int16Array): { dbov: number; atMs: number } {
  const high = highPass(highPass(Float64Array.from(pcm)));
  let worst = { dbov: -127, atMs: 0 };
  for (let at = 0; at + WINDOW <= high.length; at += WINDOW / 2) {
    let power = 0;
    for (let i = at; i < at + WINDOW; i++) power += high[i]! ** 2;
    const dbov = 10 * Math.log10(Math.max(1e-12, power / WINDOW / 2 ** 30));
    if (dbov > worst.dbov) worst = { dbov, atMs: at / 48 };
  }
  return worst;
}

/** A biquad, Butterworth (Robert Bristow-Johnson's cookbook). */
function highPass(x: Float64Array): Float64Array {
  const w = (2 * Math.PI * EDGE_HERTZ) / 48_000;
  const alpha = Math.sin(w) / Math.SQRT2;
  const b = (1 + Math.cos(w)) / 2;
  const a0 = 1 + alpha;
  const [b0, b1, b2] = [b / a0, (-2 * b) / a0, b / a0];
  const [a1, a2] = [(-2 * Math.cos(w)) / a0, (1 - alpha) / a0];
  const y = new Float64Array(x.length);
  for (let i = 2; i < x.length; i++) {
    y[i] = b0 * x[i]! + b1 * x[i - 1]! + b2 * x[i - 2]! - a1 * y[i - 1]! - a2 * y[i - 2]!;
  }
  return y;
}
