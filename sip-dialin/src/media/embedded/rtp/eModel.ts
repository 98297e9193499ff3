import type { LegCodec } from '../codecs/legCodecs.ts';

/** The best that the narrow-band scale has, with all other parameters as G.107 gives them. */
const R_DEFAULT = 93.2;
/** From here on talkers notice that they talk at the same time. */
const NOTICED_DELAY_MS = 177.3;

/**
 * Impairment by the codec itself (Ie) and robustness against random loss, by percent (Bpl), on the narrow-band scale of
 * G.107, on which a perfect telephone call is 93.2.
 *
 * G.711: Ie 0 and, with concealment as in its appendix I, which is our kind, Bpl 25.1 (G.113 appendix I of
 * 11/2007; without concealment it is 4.3).
 *
 * G.722 and Opus have no values on this scale; it ends where they begin. Wideband has one of its own, up to 129 (G.107.1,
 * with Ie,WB 13 for G.722 at 64 kbit/s in G.113 appendix IV, and on it G.711 itself loses 35.8), and there are none of ITU-T's for Opus
 * (its fullband scale, G.107.2, has some for EVS). Scores of two scales cannot be compared, and callers with different
 * phones are compared here. So all are on the one of G.711: a wideband call without loss is as good as a perfect
 * telephone call, and what makes up for its losses is taken to be as good as ours for G.711, which nobody has measured.
 */
const CODECS: Readonly<Record<LegCodec, { ie: number; bpl: number }>> = {
  PCMU: { ie: 0, bpl: 25.1 },
  PCMA: { ie: 0, bpl: 25.1 },
  G722: { ie: 0, bpl: 25.1 },
  opus: { ie: 0, bpl: 25.1 },
};

/**
 * Mean opinion score from loss (0 to 1, taken as random) and delay from mouth to ear: the E-model of
 * ITU-T G.107 with R = 93.2 - Id - Ie,eff, and Id by its usual piecewise line.
 */
export function meanOpinionScore(codec: LegCodec, loss: number, delayMs: number): number {
  const { ie, bpl } = CODECS[codec];
  const percent = loss * 100;
  const equipment = ie + (95 - ie) * (percent / (percent + bpl));
  const delay = 0.024 * delayMs + 0.11 * Math.max(0, delayMs - NOTICED_DELAY_MS);
  return scoreOf(R_DEFAULT - delay - equipment);
}

/** G.107 annex B. */
function scoreOf(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}
