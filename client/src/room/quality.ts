/** How many bars there are to light. */
export const BARS = 4;

/** The lit bars for a mean opinion score: 4 from 4 up (good), 1 below 2 (hardly to be understood). */
export function barsOf(score: number): 1 | 2 | 3 | 4 {
  if (score >= 4) return 4;
  if (score >= 3) return 3;
  return score >= 2 ? 2 : 1;
}
