import { concatenate, type Sound } from './Sound.ts';
import { silence, tone } from './tones.ts';

/** ITU-T Q.23, Hz. */
const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477, 1633];
const KEYS = ['123A', '456B', '789C', '*0#D'];

/** Keys as a telephone sounds them: 80 ms each and 80 ms of silence, 8 kHz. */
export function dtmf(keys: string): Sound {
  return concatenate(Array.from(keys).flatMap((key) => [pair(key), silence(0.08)]));
}

function pair(key: string): Sound {
  const row = KEYS.findIndex((line) => line.includes(key));
  const column = KEYS[row]?.indexOf(key) ?? -1;
  if (row < 0) throw new Error(`No key: ${key}`);
  const low = tone({ frequency: ROWS[row]!, seconds: 0.08 });
  const high = tone({ frequency: COLUMNS[column]!, seconds: 0.08 });
  return { sampleRate: 8000, samples: low.samples.map((one, i) => one + high.samples[i]!) };
}
