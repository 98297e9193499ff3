import { FLOOR_DB, levelsAt } from './audio/goertzel.ts';
import { duration, type Sound } from './audio/Sound.ts';

/**
 * A tone for each of four parties, Hz: inside the telephone band, and none within 30 Hz of a harmonic or of
 * a sum or difference of others, which a codec that distorts would make.
 */
export const TONES = { anna: 440, bert: 620, baresip: 910, sipp: 1130 } as const;
export type Party = keyof typeof TONES;
export const PARTIES = Object.keys(TONES) as Party[];

/** What must be heard is at least this much louder than what must not, dB. */
export const MARGIN_DB = 20;
/** What must be heard is at least this loud, dBFS: the tones are sent at -12. */
const AUDIBLE_DB = -40;

/** The tones of a sound in words, for a message. */
function inWords(levels: readonly number[]): string {
  return PARTIES.map((party, i) => `${party} ${(levels[i] ?? FLOOR_DB).toFixed(1)} dB`).join(', ');
}

/**
 * What is wrong with a sound in which exactly these parties should be heard; undefined when nothing is.
 */
export function mistakeIn(
  sound: Sound | undefined,
  expected: readonly Party[],
): string | undefined {
  if (sound === undefined || duration(sound) < 0.5) return 'there is hardly any sound';
  const levels = levelsAt(sound, Object.values(TONES));
  const wanted = levels.filter((_, i) => expected.includes(PARTIES[i]!));
  const unwanted = levels.filter((_, i) => !expected.includes(PARTIES[i]!));
  const softest = Math.min(...wanted);
  const loudest = Math.max(FLOOR_DB, ...unwanted);
  if (softest > AUDIBLE_DB && softest - loudest >= MARGIN_DB) return undefined;
  return `${expected.join(', ')} should be heard and nobody else, but it is ${inWords(levels)}`;
}

/** What is wrong with a sound in which nobody of ours should be heard. */
export function noiseIn(sound: Sound): string | undefined {
  if (duration(sound) < 0.5) return undefined;
  const levels = levelsAt(sound, Object.values(TONES));
  return Math.max(...levels) < AUDIBLE_DB - MARGIN_DB ? undefined : inWords(levels);
}
