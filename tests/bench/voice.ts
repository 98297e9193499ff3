import { chirp } from '../support/audio/chirp.ts';
import { tone } from '../support/audio/tones.ts';
import type { Sound } from '../support/audio/Sound.ts';

/** One second of what a delay is measured by: a soft hum, so that no one is taken for silent, and a chirp. */
export function voiceSecond(sampleRate: number): Sound {
  const voice = tone({ frequency: 300, seconds: 1, sampleRate, amplitude: 0.05 });
  const { samples } = chirp(sampleRate, 0.5);
  const at = Math.round(0.4 * sampleRate);
  samples.forEach((sample, i) => (voice.samples[at + i]! += sample));
  return voice;
}
