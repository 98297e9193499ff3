import type { LegCodec } from '../codecs/legCodecs.ts';

/** The best that the narrow-band scale has, with all other parameters as G.107 gives them. */
const R_DEFAULT = 93.2;
/** From here on talkers notice that they talk at the same time. */
const NOTICED_DELAY_MS = 177.3;

/**
 * Impairment by the codec itself and robustness against random loss, by percent. G.113 appendix I has
 * them for G.711 with concealment as in G.711 appendix I, which is what we do. It has none for G.722
 * and Opus on this scale: neither is worse than G.711, nor is what makes up for their losses.
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
