/** Tones for tests of the whole path: each party has its own and listens for the others. */

/** Amplitude of one tone in a stretch of sound (Goertzel's sum under a Hann window). */
export function amplitudeAt(pcm: Int16Array, hz: number, rate: number): number {
  let re = 0;
  let im = 0;
  for (let i = 0; i < pcm.length; i++) {
    const hann = 1 - Math.cos((2 * Math.PI * i) / pcm.length);
    re += hann * pcm[i]! * Math.cos((2 * Math.PI * hz * i) / rate);
    im += hann * pcm[i]! * Math.sin((2 * Math.PI * hz * i) / rate);
  }
  return (2 * Math.hypot(re, im)) / pcm.length;
}

/** `samples` of a tone from its sample `from` on. */
export function toneFrame(
  hz: number,
  rate: number,
  from: number,
  samples: number,
  amplitude = 5000,
): Int16Array {
  return Int16Array.from(
    { length: samples },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * (from + i)) / rate),
  );
}

/** 20 ms: what is heard of a click. Its spectrum has a line every 50 Hz. */
const WINDOW_MS = 20;
/** How far a tone reaches under a Hann window, with a little for what bends it: lines each side. */
const TONE_LINES = 3;

/**
 * What is beside a tone in its worst 20 ms: energy further off than 150 Hz against the tone's own, in
 * dB. A gap, a step or a jump of the phase is wide and stands out.
 */
export function worstResidueDb(pcm: Int16Array, hz: number, rate: number): number {
  return worstOutsideDb(pcm, [[hz, hz]], rate);
}

/**
 * The same of sound that lies within some bands, each from and to this many Hz: what is further off
 * from all of them than 150 Hz, in the worst 20 ms, against all that is in these.
 */
export function worstOutsideDb(
  pcm: Int16Array,
  bands: readonly (readonly [from: number, to: number])[],
  rate: number,
): number {
  const n = (rate * WINDOW_MS) / 1000;
  const lines = new Set<number>();
  for (const [from, to] of bands) {
    const last = Math.min(n / 2, Math.round((to * n) / rate) + TONE_LINES);
    const first = Math.max(0, Math.round((from * n) / rate) - TONE_LINES);
    for (let line = first; line <= last; line++) lines.add(line);
  }
  const hann = Float64Array.from({ length: n }, (_, i) => 1 - Math.cos((2 * Math.PI * i) / n));
  const cos = Float64Array.from({ length: n }, (_, i) => Math.cos((2 * Math.PI * i) / n));
  const windowed = new Float64Array(n);
  let worst = -Infinity;
  for (let at = 0; at + n <= pcm.length; at += n / 2) {
    let all = 1e-9;
    for (let i = 0; i < n; i++) {
      windowed[i] = hann[i]! * pcm[at + i]!;
      all += windowed[i]! ** 2;
    }
    let own = 0;
    for (const line of lines) {
      let re = 0;
      let im = 0;
      for (let i = 0; i < n; i++) {
        re += windowed[i]! * cos[(line * i) % n]!;
        im += windowed[i]! * cos[(line * i + (3 * n) / 4) % n]!;
      }
      // Each line stands for its mirror image too, but for the first and the last.
      own += ((line === 0 || line === n / 2 ? 1 : 2) * (re * re + im * im)) / n;
    }
    worst = Math.max(worst, 10 * Math.log10(Math.max(1e-9, all - own) / all));
  }
  return worst;
}
