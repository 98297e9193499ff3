import { fileURLToPath } from 'node:url';

/** Sounds without words: made by `scripts/make-sounds.sh` into `prompts/sounds/<id>.wav`. */
export const SOUND_IDS = [
  /** Somebody enters; somebody leaves: the same the other way round. */
  'entry',
  'leave',
  /** Say your name after this. */
  'record-tone',
  /** A step of the volume was taken. */
  'step',
  /** While one waits: played in a loop, with no seam. */
  'waiting-music',
] as const;
export type SoundId = (typeof SOUND_IDS)[number];

export function isSoundId(id: string): id is SoundId {
  return (SOUND_IDS as readonly string[]).includes(id);
}

export function soundFile(id: SoundId): string {
  return fileURLToPath(new URL(`../../prompts/sounds/${id}.wav`, import.meta.url));
}
