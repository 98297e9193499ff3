import type { Sound } from '../../support/audio/Sound.ts';

const RATE = 8000;
const SECONDS = 8;
/** With all of the below about -26 dBov: speech as it should be, which no leveller touches. */
const AMPLITUDE = 3200;
const HARMONICS = 12;
/** Breath, beside the voice: makes each packet unlike all others. */
const BREATH = 0.15;
/** A sentence, and the pause after it, s. */
const SENTENCE = 1.4;
const PAUSE = 0.2;
const FADE = 0.01;

/**
 * A voice to measure by. It has what a mixer goes by: a pitch that wanders, syllables, pauses. And no packet of it is
 * like another, so that each is found again wherever it has come to. It is the same at each start.
 */
export function talk(): Sound {
  let [noise, phase] = [0x2545f491, 0];
  const samples = Int16Array.from({ length: SECONDS * RATE }, (_, i) => {
    const time = i / RATE;
    noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
    phase += (2 * Math.PI * pitchAt(time)) / RATE;
    let voice = BREATH * (noise / 2 ** 31);
    for (let k = 1; k <= HARMONICS; k++) voice += Math.sin(k * phase) / k;
    return Math.round(AMPLITUDE * loudnessAt(time) * voice);
  });
  return { sampleRate: RATE, samples };
}

/** Hz. */
function pitchAt(time: number): number {
  return 125 + 20 * Math.sin(2 * Math.PI * 0.7 * time) + 8 * Math.sin(2 * Math.PI * 1.9 * time);
}

/** 0 to 1. */
function loudnessAt(time: number): number {
  const at = time % (SENTENCE + PAUSE);
  const edge = Math.max(0, Math.min(1, at / FADE, (SENTENCE - at) / FADE));
  return edge * (0.65 + 0.35 * Math.sin(2 * Math.PI * 4 * time));
}
