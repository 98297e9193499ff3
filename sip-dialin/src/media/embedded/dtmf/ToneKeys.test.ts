import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Downsampler2x } from '../mixer/halfBand.ts';
import { readPrompt } from '../prompts/wav.ts';
import { seeded } from '../testing/networks.ts';
import { COLUMNS, ROWS } from './ToneAnalyser.ts';
import { ToneKeys } from './ToneKeys.ts';

const PROMPTS = join(import.meta.dirname, '../../../../prompts');
const KEYS = ['123A', '456B', '789C', '*0#D'];
/** What 0 dBm0 is as the amplitude of one tone: full scale is +3.14 dBm0 (ITU-T G.711). */
const ZERO_DBM0 = 32_767 / 10 ** (3.14 / 20);

interface Press {
  key: string;
  ms?: number;
  pauseMs?: number;
  rowDbm0?: number;
  columnDbm0?: number;
  rowOff?: number;
  columnOff?: number;
}

/** Presses after each other, with silence between and around them. */
function sound(presses: readonly Press[], rate = 8000, startMs = 37): Int16Array {
  const samples: number[] = Array<number>((startMs * rate) / 1000).fill(0);
  for (const press of presses) {
    const row = KEYS.findIndex((keys) => keys.includes(press.key));
    const low = ROWS[row]! * (1 + (press.rowOff ?? 0));
    const high = COLUMNS[KEYS[row]!.indexOf(press.key)]! * (1 + (press.columnOff ?? 0));
    const a = ZERO_DBM0 * 10 ** ((press.rowDbm0 ?? -9) / 20);
    const b = ZERO_DBM0 * 10 ** ((press.columnDbm0 ?? -7) / 20);
    for (let i = 0; i < ((press.ms ?? 100) * rate) / 1000; i++) {
      const at = (2 * Math.PI * i) / rate;
      samples.push(a * Math.sin(low * at + 1) + b * Math.sin(high * at));
    }
    for (let i = 0; i < ((press.pauseMs ?? 100) * rate) / 1000; i++) samples.push(0);
  }
  return Int16Array.from([...samples, ...Array<number>(rate / 5).fill(0)], (s) =>
    Math.max(-32_768, Math.min(32_767, s)),
  );
}

/** What is heard in packets of this length; the packets as the room gets them. */
function hear(
  pcm: Int16Array,
  { rate = 8000, packetMs = 20 } = {},
): { keys: string; out: Int16Array } {
  const detector = new ToneKeys(rate);
  const length = (packetMs * rate) / 1000;
  let keys = '';
  const packets: Int16Array[] = [];
  for (let at = 0; at + length <= pcm.length; at += length) {
    packets.push(pcm.slice(at, at + length));
    keys += detector.push(packets.at(-1)!) ?? '';
  }
  return { keys, out: Int16Array.from(packets.flatMap((packet) => [...packet])) };
}

const all = Array.from(KEYS.join(''));

describe('ToneKeys', () => {
  it.each([
    [8000, 20],
    [8000, 10],
    [8000, 30],
    [8000, 60],
    [16_000, 20],
  ])('hears all sixteen keys at %i Hz in packets of %i ms', (rate, packetMs) => {
    const pcm = sound(
      all.map((key) => ({ key })),
      rate,
    );
    expect(hear(pcm, { rate, packetMs }).keys).toBe(all.join(''));
  });

  it('hears keys of 40 ms with pauses of 40 ms, wherever they begin; not of 23 ms (Q.24)', () => {
    for (let startMs = 20; startMs < 40; startMs++) {
      const quick = all.map((key) => ({ key, ms: 40, pauseMs: 40 }));
      expect(hear(sound(quick, 8000, startMs)).keys).toBe(all.join(''));
      const short = all.map((key) => ({ key, ms: 23, pauseMs: 80 }));
      expect(hear(sound(short, 8000, startMs)).keys).toBe('');
    }
  });

  it('hears one press over a break of 10 ms, and the same key twice over one of 40 ms', () => {
    expect(hear(sound([{ key: '5', pauseMs: 10 }, { key: '5' }])).keys).toBe('5');
    expect(hear(sound([{ key: '5', pauseMs: 40 }, { key: '5' }])).keys).toBe('55');
    expect(hear(sound([{ key: '5', ms: 5000 }])).keys).toBe('5');
  });

  it('hears tones from 0 to -25 dBm0, and none at -38', () => {
    for (const level of [-1, -10, -20, -25]) {
      const presses = all.map((key) => ({ key, rowDbm0: level, columnDbm0: level }));
      expect(hear(sound(presses)).keys, `${level} dBm0`).toBe(all.join(''));
    }
    const soft = all.map((key) => ({ key, rowDbm0: -38, columnDbm0: -38 }));
    expect(hear(sound(soft)).keys).toBe('');
  });

  it('takes a column 4 dB louder and 8 dB softer than its row, and not 7 and 12', () => {
    const twisted = (twist: number): string =>
      hear(sound(all.map((key) => ({ key, rowDbm0: -12, columnDbm0: -12 + twist })))).keys;
    for (const twist of [4, 2, -4, -8]) expect(twisted(twist), `${twist} dB`).toBe(all.join(''));
    for (const twist of [7, -12]) expect(twisted(twist), `${twist} dB`).toBe('');
  });

  it('takes frequencies 1.5 % off, and not 3.5 %', () => {
    const off = (rowOff: number, columnOff: number): string =>
      hear(sound(all.map((key) => ({ key, rowOff, columnOff })))).keys;
    for (const [row, column] of [
      [0.015, 0.015],
      [-0.015, -0.015],
      [0.015, -0.015],
      [-0.015, 0.015],
    ]) {
      expect(off(row!, column!)).toBe(all.join(''));
    }
    for (const wrong of [0.035, -0.035]) {
      expect(off(wrong, 0)).toBe('');
      expect(off(0, wrong)).toBe('');
    }
  });

  it('hears keys over noise 15 dB softer', () => {
    const random = seeded(4);
    const pcm = sound(all.map((key) => ({ key, ms: 60 })));
    const noise = ZERO_DBM0 * 10 ** (-22 / 20) * Math.sqrt(1.5);
    expect(hear(pcm.map((s) => s + noise * (2 * random() - 1))).keys).toBe(all.join(''));
  });

  it('keeps a key from the room: what is left is no key', () => {
    for (const packetMs of [10, 20, 30]) {
      const { keys, out } = hear(sound([{ key: '7', ms: 400 }]), { packetMs });
      expect(keys).toBe('7');
      const loud = out.filter((sample) => Math.abs(sample) > 500).length;
      expect(loud / 8).toBeLessThan(10);
      expect(hear(out, { packetMs }).keys).toBe('');
    }
  });

  it('leaves what is no key as it is, to the bit', () => {
    const pcm = Int16Array.from(
      { length: 8000 },
      (_, i) => 9000 * Math.sin(i * 0.3) * Math.sin(i / 900),
    );
    expect(hear(pcm).out).toEqual(pcm);
  });

  it(
    'is not talked off: the voices of all prompts, in four languages, are no keys',
    { timeout: 60_000 },
    () => {
      let seconds = 0;
      for (const language of ['en', 'es', 'fr', 'de']) {
        for (const file of readdirSync(join(PROMPTS, language))) {
          if (!file.endsWith('.wav')) continue;
          const voice = readPrompt(readFileSync(join(PROMPTS, language, file)), file);
          const pcm = new Int16Array(voice.length >> 1);
          new Downsampler2x().process(voice.subarray(0, 2 * pcm.length), pcm);
          expect(hear(pcm).keys, `${language}/${file}`).toBe('');
          seconds += pcm.length / 8000;
        }
      }
      expect(seconds).toBeGreaterThan(400);
    },
  );
});
