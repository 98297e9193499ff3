import { NUMBERS, type PromptId } from './prompts.ts';

/** How many people are in the meeting, the caller included, in words: exact up to twenty, then by tens. */
export function spokenCount(people: number): PromptId[] {
  const spoken = NUMBERS.findLast((number) => number <= people);
  if (spoken === undefined) return ['alone'];
  const opening = spoken === people ? 'there-are' : 'there-are-more-than';
  return [opening, `number-${spoken}`, 'people'];
}
