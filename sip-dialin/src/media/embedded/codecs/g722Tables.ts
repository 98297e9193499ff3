/** The constants of ITU-T G.722: quantizers (section 3.4, tables 7 to 20) and the QMF (table 11). */

export interface BandTables {
  /** Inverse quantizer, by the code that adapts the band. */
  inverse: Int16Array;
  /** How a code moves the logarithm of the step. */
  multipliers: Int16Array;
  maxLogStep: number;
  /** Scales the logarithm's integer part. */
  shift: number;
  firstStep: number;
}

/** The logarithm of the step forgets: 127/128. */
export const DECAY = 127;

/** 2048 * 2^(i/32): the fraction of the logarithm of the step. */
export const LOG_STEPS = Int16Array.of(
  ...[2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774],
  ...[2834, 2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838],
  ...[3922, 4008],
);

const MULTIPLIERS_LOW = [-60, -30, 58, 172, 334, 538, 1198, 3042];
/** Which of them a 4-bit code takes. */
const MULTIPLIER_OF = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0];

export const LOW_BAND: BandTables = {
  inverse: Int16Array.of(
    ...[0, -20456, -12896, -8968, -6288, -4240, -2584, -1200],
    ...[20456, 12896, 8968, 6288, 4240, 2584, 1200, 0],
  ),
  multipliers: Int16Array.from(MULTIPLIER_OF, (i) => MULTIPLIERS_LOW[i]!),
  maxLogStep: 18432,
  shift: 8,
  firstStep: 32,
};

export const HIGH_BAND: BandTables = {
  inverse: Int16Array.of(-7408, -1616, 7408, 1616),
  multipliers: Int16Array.of(798, -214, 798, -214),
  maxLogStep: 22528,
  shift: 10,
  firstStep: 8,
};

/** Where the low band's 6-bit quantizer decides, in steps of 1/4096 of the band's step. */
export const LOW_DECISIONS = Int16Array.of(
  ...[0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940],
  ...[1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919],
);
/** Where the high band's 2-bit quantizer decides. */
export const HIGH_DECISION = 564;

/** The low band's levels in full, 6 bits: what is heard in mode 1. */
export const LOW_LEVELS = Int16Array.of(
  ...[-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192],
  ...[-10232, -9360, -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168],
  ...[-2776, -2400, -2032, -1688, -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512],
  ...[12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168],
  ...[2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136],
);

/** Codes of the low band by decision interval: 1 is the nearest to zero. */
export function lowCode(interval: number, negative: boolean): number {
  if (!negative) return 62 - interval;
  return interval < 3 ? 64 - interval : 34 - interval;
}

/** One half of the symmetric 24-tap quadrature mirror filter. */
export const QMF = Int16Array.of(3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11);

export function saturate(value: number): number {
  return value > 32767 ? 32767 : value < -32768 ? -32768 : value;
}
