import { cpus, totalmem } from 'node:os';
import { median } from './median.ts';

export interface Figure {
  what: string;
  unit: 's' | 'ms';
  /** One a run. */
  values: readonly number[];
  /** Less is well; none for what is only noted. */
  aim?: number;
}

function number(value: number, unit: Figure['unit']): string {
  return `${value.toFixed(unit === 's' ? 2 : 0)} ${unit}`;
}

/** One line: what it is, the median, its spread, the aim and whether it is met. */
export function lineOf({ what, unit, values, aim }: Figure): string {
  if (values.length === 0) return `${what.padEnd(44)} not measured`;
  const middle = median(values);
  const spread = `${number(Math.min(...values), unit)} to ${number(Math.max(...values), unit)}`;
  const aimed =
    aim === undefined ? '' : `aim < ${number(aim, unit)}: ${middle < aim ? 'met' : 'MISSED'}`;
  const runs = `${values.length} ${values.length === 1 ? 'run' : 'runs'}`;
  return `${what.padEnd(44)} ${number(middle, unit).padStart(9)}   (${runs}, ${spread})   ${aimed}`;
}

/** What the figures were taken on. */
export function machine(): string {
  const all = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${all.length} x ${all[0]?.model.trim() ?? 'unknown CPU'}, ${memory} GiB, Node ${process.version}`;
}

/** What was aimed at, and whether it is met. */
export function verdict(value: number, aim: number, unit: string): string {
  return `aim: at most ${aim}${unit}: ${value <= aim ? 'met' : 'MISSED'}`;
}
