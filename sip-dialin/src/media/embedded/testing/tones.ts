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
