/** Loudness of a frame in dBov: 0 is a square wave of full scale, -127 is silence (RFC 6464). */
const SILENCE_DBOV = -127;

export function levelDbov(pcm: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < pcm.length; i++) sum += pcm[i]! * pcm[i]!;
  if (sum === 0) return SILENCE_DBOV;
  const level = 10 * Math.log10(sum / pcm.length / (32768 * 32768));
  return Math.max(SILENCE_DBOV, level);
}

/** The byte of the audio level extension: V bit and -dBov (RFC 6464 section 3). */
export function audioLevelByte(dbov: number, voice: boolean): number {
  return (voice ? 0x80 : 0) | Math.min(127, Math.max(0, Math.round(-dbov)));
}
