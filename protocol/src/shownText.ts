import { z } from 'zod';
import { cleanText } from './cleanText.ts';

/** A name or title of 1 to `max` characters, of which `cleanText()` leaves something. */
export function shownText(max: number) {
  return z
    .string()
    .trim()
    .max(max)
    .transform(cleanText)
    .pipe(z.string().min(1, 'must show something'));
}

/** What a participant is called. */
export const personNameSchema = shownText(60);
