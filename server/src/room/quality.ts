const BEST_MOS = 4.5;
/** mediasoup's best score; 0 says that nothing comes, which is no quality. */
const BEST_SCORE = 10;

/** A mean opinion score as participants see it: 1 to 4.5 in steps of 0.5. */
export function steppedQuality(mos: number | null): number | null {
  if (mos === null) return null;
  return Math.min(BEST_MOS, Math.max(1, Math.round(mos * 2) / 2));
}

/** An SFU's score of a stream, 0 to 10, as a mean opinion score; null while nothing comes. */
export function mosOfScore(score: number): number | null {
  if (score < 1) return null;
  return 1 + ((score - 1) / (BEST_SCORE - 1)) * (BEST_MOS - 1);
}
