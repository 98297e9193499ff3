/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const NASTY = [
  '',
  '\r\n',
  '\r\n\r\n',
  '\0',
  '"',
  '<',
  '>',
  ';',
  ',',
  ':',
  '@',
  '%',
  '=',
  '\\',
  ' '.repeat(2000),
  'x'.repeat(5000),
  '-1',
  '99999999999999999999',
  '\u00ff',
  'SIP/2.0',
  'tag=',
  '[::1]',
  '\r\n \r\n',
];

/** One to four changes: cut, copy, overwrite, insert something nasty. */
export function mutate(text: string | Buffer, random: () => number): Buffer {
  let result: Buffer = typeof text === 'string' ? Buffer.from(text) : text;
  for (let left = 1 + Math.floor(random() * 4); left > 0; left--) {
    const at = Math.floor(random() * result.length);
    const length = Math.floor(random() * 40);
    const [head, middle, tail] = [
      result.subarray(0, at),
      result.subarray(at, at + length),
      result.subarray(at + length),
    ];
    const nasty = Buffer.from(NASTY[Math.floor(random() * NASTY.length)] ?? '', 'latin1');
    const choices = [
      [head, tail],
      [head, middle, middle, tail],
      [head, Buffer.from(middle.map(() => Math.floor(random() * 256))), tail],
      [head, nasty, middle, tail],
      [head, nasty, tail],
    ];
    result = Buffer.concat(choices[Math.floor(random() * choices.length)] ?? []);
  }
  return result.subarray(0, 60_000);
}
