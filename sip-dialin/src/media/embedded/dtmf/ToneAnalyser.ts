/** DTMF frequencies (ITU-T Q.23), and the key of each row and column. */
export const ROWS: readonly number[] = [697, 770, 852, 941];
export const COLUMNS: readonly number[] = [1209, 1336, 1477, 1633];
const KEYS: readonly string[] = ['123A', '456B', '789C', '*0#D'];

/** Each tone alone, dBov: Q.24 has receivers hear -25 dBm0 and may have them ignore -35. */
const LEAST_DBOV = -36;
/** How much louder a row may be than its column, and the other way round: 8 and 4 dB (Q.24, AT&T), as blocks measure. */
const NORMAL_TWIST_DB = 9.5;
const REVERSE_TWIST_DB = 5.5;
/** The other rows and columns are softer by this. */
const PEAK_DB = 4;
/** Share of all that is heard: what keeps voices from being keys. */
const PURITY = 0.68;
/** Heard up to 1.5 % off, not at 3.5 % (Q.24): what lies between is ours to choose. */
const TOLERANCE = 0.025;
const FULL_SCALE = 32768 ** 2;

interface Line {
  power: number;
  phase: number;
}

/**
 * Looks at overlapping blocks of sound and tells which key's two tones, and nothing else, each of
 * them has. The frequencies are checked by how far the phases have come since the block before.
 */
export class ToneAnalyser {
  readonly #rate: number;
  readonly #hop: number;
  #before: { key: string; phases: readonly [number, number] } | undefined;

  /** `hop`: samples from one block to the next. */
  constructor(rate: number, hop: number) {
    this.#rate = rate;
    this.#hop = hop;
  }

  /** The key of this block; `undefined` when there is none in it, or not at its frequencies. */
  keyOf(block: Int16Array): string | undefined {
    const before = this.#before;
    this.#before = undefined;
    let energy = 0;
    for (let i = 0; i < block.length; i++) energy += block[i]! * block[i]!;
    energy /= block.length;
    if (dbov(energy) < LEAST_DBOV) return undefined;

    const rows = ROWS.map((hz) => this.#line(block, hz));
    const columns = COLUMNS.map((hz) => this.#line(block, hz));
    const [row, column] = [peakOf(rows), peakOf(columns)];
    if (row === undefined || column === undefined) return undefined;
    const [low, high] = [rows[row]!, columns[column]!];
    if (Math.min(dbov(low.power), dbov(high.power)) < LEAST_DBOV) return undefined;
    const twist = dbov(low.power) - dbov(high.power);
    if (twist > NORMAL_TWIST_DB || twist < -REVERSE_TWIST_DB) return undefined;
    if (low.power + high.power < PURITY * energy) return undefined;

    const key = KEYS[row]![column]!;
    this.#before = { key, phases: [low.phase, high.phase] };
    if (before?.key !== key) return key; // Nothing to compare with yet.
    const inTune =
      this.#isInTune(ROWS[row]!, before.phases[0], low.phase) &&
      this.#isInTune(COLUMNS[column]!, before.phases[1], high.phase);
    return inTune ? key : undefined;
  }

  #isInTune(hz: number, before: number, phase: number): boolean {
    const turn = 2 * Math.PI;
    const expected = (turn * hz * this.#hop) / this.#rate;
    const off = phase - before - expected;
    const wrapped = off - turn * Math.round(off / turn);
    return Math.abs((wrapped * this.#rate) / (turn * this.#hop)) <= TOLERANCE * hz;
  }

  /** Goertzel's algorithm: the power of one tone, and its phase at the end of the block. */
  #line(block: Int16Array, hz: number): Line {
    const omega = (2 * Math.PI * hz) / this.#rate;
    const factor = 2 * Math.cos(omega);
    let last = 0;
    let before = 0;
    for (let i = 0; i < block.length; i++) {
      const sum = block[i]! + factor * last - before;
      before = last;
      last = sum;
    }
    const re = last - before * Math.cos(omega);
    const im = before * Math.sin(omega);
    // A tone of amplitude a sums up to a * length / 2, and has the power a * a / 2.
    return { power: (2 * (re * re + im * im)) / block.length ** 2, phase: Math.atan2(im, re) };
  }
}

/** The loudest, when it stands out. */
function peakOf(lines: readonly Line[]): number | undefined {
  let peak = 0;
  for (let i = 1; i < lines.length; i++) if (lines[i]!.power > lines[peak]!.power) peak = i;
  const bound = lines[peak]!.power * 10 ** (-PEAK_DB / 10);
  return lines.every(({ power }, i) => i === peak || power < bound) ? peak : undefined;
}

function dbov(power: number): number {
  return 10 * Math.log10(power / FULL_SCALE + 1e-13);
}
