/** Sounds that go on without a pause, the same at every run: what a line may carry beside voices. */

import { seeded } from './networks.ts';

/** `samples` of it. */
export type Sound = (samples: number, rate: number) => Int16Array;

/** Even numbers from -1 to 1, added up to about a bell. */
function bell(seed: number): () => number {
  const random = seeded(seed);
  return () => random() + random() + random() + random() - 2;
}

const RMS = 1500;

/** Brings sound to one power, so that all of it is as loud. */
function level(sound: Float64Array): Int16Array {
  const power = sound.reduce((sum, x) => sum + x * x, 0) / sound.length;
  return Int16Array.from(sound, (x) => Math.round((x * RMS) / Math.sqrt(power)));
}

const white: Sound = (samples) => {
  const next = bell(11);
  return level(Float64Array.from({ length: samples }, next));
};

/** -3 dB an octave: P. Kellet's three poles. */
const pink: Sound = (samples) => {
  const next = bell(12);
  let [a, b, c] = [0, 0, 0];
  return level(
    Float64Array.from({ length: samples }, () => {
      const x = next();
      a = 0.99765 * a + x * 0.099046;
      b = 0.963 * b + x * 0.2965164;
      c = 0.57 * c + x * 1.0526913;
      return a + b + c + x * 0.1848;
    }),
  );
};

/** Noise of engines and tyres: below `hz` alone, by a windowed sinc of 255 taps. */
function noiseBelow(hz: number): Sound {
  return (samples, rate) => {
    const next = bell(13);
    const taps = Float64Array.from({ length: 255 }, (_, i) => {
      const t = i - 127;
      const hann = 0.5 + 0.5 * Math.cos((Math.PI * t) / 128);
      const sinc =
        t === 0 ? 1 : Math.sin((2 * Math.PI * hz * t) / rate) / ((2 * Math.PI * hz * t) / rate);
      return hann * sinc;
    });
    const source = Float64Array.from({ length: samples + taps.length }, next);
    return level(
      Float64Array.from({ length: samples }, (_, n) => {
        let sum = 0;
        for (let i = 0; i < taps.length; i++) sum += taps[i]! * source[n + i]!;
        return sum;
      }),
    );
  };
}

function tones(...hzs: number[]): Sound {
  return (samples, rate) =>
    level(
      Float64Array.from({ length: samples }, (_, n) =>
        hzs.reduce((sum, hz, k) => sum + Math.sin((2 * Math.PI * hz * n) / rate + k), 0),
      ),
    );
}

/** Syllables of a gliding voice, four a second, up to 2 kHz, over noise that is 10 dB softer. */
function voiceIn(noise: Sound): Sound {
  return (samples, rate) => {
    const hiss = noise(samples, rate);
    let phase = 0;
    return level(
      Float64Array.from({ length: samples }, (_, n) => {
        const t = n / rate;
        const hz =
          120 + 25 * Math.sin(2 * Math.PI * 0.7 * t) + 10 * Math.sin(2 * Math.PI * 2.3 * t);
        phase += (2 * Math.PI * hz) / rate;
        let voice = 0;
        for (let h = 1; h * hz < 2000; h++) voice += Math.sin(h * phase + h * h) / h;
        const syllable = Math.max(0, Math.sin(2 * Math.PI * 4 * t)) ** 0.5;
        return 1500 * 1.6 * voice * syllable + 0.316 * hiss[n]!;
      }),
    );
  };
}

/** What is in a sound, as bands from and to so many Hz; all of the spectrum where it has none. */
type Bands = readonly (readonly [from: number, to: number])[];

function lines(...hzs: number[]): { sound: Sound; bands: Bands } {
  return { sound: tones(...hzs), bands: hzs.map((hz) => [hz, hz] as const) };
}

export const SOUNDS: Readonly<Record<string, { sound: Sound; bands?: Bands }>> = {
  'white noise': { sound: white },
  'pink noise': { sound: pink },
  'noise of traffic': { sound: noiseBelow(1500), bands: [[0, 1500]] },
  'a steady tone': lines(440),
  'hum of the mains': lines(50, 150),
  'a chord': lines(261.63, 329.63, 392),
  'a chord out of tune': lines(233.1, 301.7, 457.3, 611.9),
  'a voice in noise': { sound: voiceIn(noiseBelow(1500)), bands: [[0, 2000]] },
};
