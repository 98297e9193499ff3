/** Mono sound: 16-bit linear PCM at `sampleRate` Hz. */
export interface Sound {
  readonly sampleRate: number;
  readonly samples: Int16Array;
}

/** Length in seconds. */
export function duration(sound: Sound): number {
  return sound.samples.length / sound.sampleRate;
}

/** The part from `from` up to `to` seconds; `to` defaults to the end. Shares the memory. */
export function slice(sound: Sound, from: number, to = duration(sound)): Sound {
  const at = (seconds: number): number => Math.round(Math.max(0, seconds) * sound.sampleRate);
  return { sampleRate: sound.sampleRate, samples: sound.samples.subarray(at(from), at(to)) };
}

/** Sounds of one sample rate, one after the other. */
export function concatenate(sounds: readonly Sound[]): Sound {
  const sampleRate = sounds[0]?.sampleRate ?? 8000;
  const samples = new Int16Array(sounds.reduce((sum, sound) => sum + sound.samples.length, 0));
  let at = 0;
  for (const sound of sounds) {
    if (sound.sampleRate !== sampleRate) throw new Error('The sounds differ in sample rate.');
    samples.set(sound.samples, at);
    at += sound.samples.length;
  }
  return { sampleRate, samples };
}
