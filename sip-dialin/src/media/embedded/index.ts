import type { PhoneMedia } from '../PhoneMedia.ts';
import { EmbeddedPhoneMedia, type EmbeddedPhoneMediaOptions } from './EmbeddedPhoneMedia.ts';

/** Starts the embedded media engine. A worker that cannot start fails the first request. */
export function createEmbeddedPhoneMedia(options: EmbeddedPhoneMediaOptions): PhoneMedia {
  return new EmbeddedPhoneMedia(options);
}
