import { join } from 'node:path';
import { find } from './chirp.ts';
import { slice, type Sound } from './Sound.ts';
import { readWav } from './wav.ts';

const FOLDER = join(import.meta.dirname, '../../../sip-dialin/prompts');
/** What is looked for of a prompt: long enough to be no other one's, s. */
const FROM = 0.15;
const TO = 0.65;
/** G.711 and a filter stand between the file and the ear. */
const ALIKE = 0.7;

/** Prompts lie there at 16 kHz; a phone hears them at 8. */
function halved(sound: Sound): Sound {
  const samples = Int16Array.from({ length: sound.samples.length >> 1 }, (_, i) =>
    Math.round((sound.samples[2 * i]! + sound.samples[2 * i + 1]!) / 2),
  );
  return { sampleRate: sound.sampleRate / 2, samples };
}

/** Where in a phone's sound a prompt is said, s; undefined when it is not. */
export async function promptIn(
  sound: Sound,
  prompt: string,
  language = 'en',
): Promise<number | undefined> {
  const file = await readWav(join(FOLDER, language, `${prompt}.wav`));
  const { at, likeness } = find(slice(halved(file), FROM, TO), sound);
  return likeness > ALIKE ? at - FROM : undefined;
}
