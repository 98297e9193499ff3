import { describe, expect, it } from 'vitest';
import { WrongDigests } from './WrongDigests.ts';

const SOURCE = '192.0.2.1';

function after(times: number, now = 0): WrongDigests {
  const wrong = new WrongDigests();
  for (let time = 0; time < times; time++) wrong.wrong(SOURCE, now);
  return wrong;
}

describe('WrongDigests', () => {
  it('shuts out who has been wrong twenty times, for a minute, and nobody else', () => {
    expect(after(19).shutsOut(SOURCE, 0)).toBe(false);
    const wrong = after(20);
    expect(wrong.shutsOut(SOURCE, 59_999)).toBe(true);
    expect(wrong.shutsOut('192.0.2.2', 0)).toBe(false);
    expect(wrong.shutsOut(SOURCE, 60_000)).toBe(false);
    wrong.wrong(SOURCE, 60_000);
    expect(wrong.shutsOut(SOURCE, 60_000)).toBe(false);
  });

  it('forgets the mistakes of who was right in the end', () => {
    const wrong = after(19);
    wrong.right(SOURCE);
    wrong.wrong(SOURCE, 1);
    expect(wrong.shutsOut(SOURCE, 1)).toBe(false);
  });

  it('remembers ten thousand addresses', () => {
    const wrong = after(20);
    for (let host = 0; host < 9_999; host++) wrong.wrong(`10.0.0.${host}`, 1);
    expect(wrong.shutsOut(SOURCE, 1)).toBe(true);
    wrong.wrong('10.1.0.0', 1);
    expect(wrong.shutsOut(SOURCE, 1)).toBe(false);
  });
});
