/**
 * Words of harmonics with gaps, over noise: `dbov` while it speaks, as P.56 would measure. Sentences of 2 s have
 * pauses of 1 s, in which words of 300 ms have gaps of 100 ms. 48 kHz.
 */
export function speech(options: {
  ms: number;
  dbov: number;
  noiseDbov?: number;
  pitch?: number;
}): Int16Array {
  const { ms, dbov, noiseDbov = -85, pitch = 140 } = options;
  // Three sines of amplitude a have the power 3 a²/2.
  const amplitude = 32_768 * 10 ** (dbov / 20) * Math.sqrt(2 / 3);
  const noise = 32_768 * 10 ** (noiseDbov / 20) * Math.sqrt(3);
  let seed = 7;
  return Int16Array.from({ length: ms * 48 }, (_, i) => {
    const at = i / 48_000;
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
    let sum = 0;
    for (let h = 1; h <= 3; h++) sum += Math.sin(2 * Math.PI * pitch * h * at + h);
    const value = sum * amplitude * envelope(at) + (seed / 2 ** 31) * noise;
    return Math.max(-32_768, Math.min(32_767, Math.round(value)));
  });
}

/** Words begin and end within 20 ms, as mouths do: no click of their own. */
function envelope(at: number): number {
  const [sentence, word] = [at % 3, at % 0.4];
  if (sentence >= 2) return 0;
  return Math.max(0, Math.min(1, word / 0.02, (0.3 - word) / 0.02));
}
