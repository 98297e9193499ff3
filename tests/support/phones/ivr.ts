import { promptIn } from '../audio/prompts.ts';
import { duration, slice, type Sound } from '../audio/Sound.ts';
import { eventually } from '../eventually.ts';
import type { BaresipPhone } from './BaresipPhone.ts';
import type { Ear } from './meetingLine.ts';

export interface PromptOptions {
  /** Looked for after so many s of what the phone heard. */
  since?: number;
  /** `sounds` for those without words. */
  language?: string;
  /** ms */
  within?: number;
}

/** As long as what `promptIn` looks for, and a bit, s. */
const OVERLAP = 0.8;

/** Waits until a prompt was said; gives where it begins, in s of what the phone heard. */
export async function hearsPrompt(
  phone: Ear,
  prompt: string,
  { since = 0, language = 'en', within = 15_000 }: PromptOptions = {},
): Promise<number> {
  // What was looked through once is not looked through again: it takes its time.
  let from = since;
  return eventually(
    async () => {
      const heard = await phone.heard();
      const at = await promptIn(slice(heard, from), prompt, language);
      if (at !== undefined) return at + from;
      from = Math.max(from, duration(heard) - OVERLAP);
      return undefined;
    },
    { what: `the prompt "${prompt}" (${language})`, every: 200, within },
  );
}

/** How much a phone has heard so far, s. */
export async function heardUntil(phone: Ear): Promise<number> {
  return duration(await phone.heard());
}

/** Presses keys and waits until they are answered by this prompt; gives where it begins. */
export async function answersKeys(
  phone: BaresipPhone,
  keys: string,
  prompt: string,
  options: Omit<PromptOptions, 'since'> = {},
): Promise<number> {
  const since = await heardUntil(phone);
  await phone.key(keys);
  return hearsPrompt(phone, prompt, { ...options, since });
}

/** Goertzel windows are so long, s, and half as far apart. */
const WINDOW = 0.08;

/** Where a tone is first heard louder than `above` dBFS, s; for tones too short for `levelAt`. */
export function firstHeard(sound: Sound, frequency: number, above = -35): number | undefined {
  const size = Math.round(WINDOW * sound.sampleRate);
  for (let at = 0; at + size <= sound.samples.length; at += size / 2) {
    let [cosine, sine] = [0, 0];
    for (let i = 0; i < size; i++) {
      const phase = (2 * Math.PI * frequency * i) / sound.sampleRate;
      const sample = sound.samples[at + i]! / 32768;
      cosine += sample * Math.cos(phase);
      sine += sample * Math.sin(phase);
    }
    const db = 20 * Math.log10((2 * Math.hypot(cosine, sine)) / size + 1e-9);
    if (db > above) return at / sound.sampleRate;
  }
  return undefined;
}
