import { describe, expect, it } from 'vitest';
import { ageRecipientsSchema } from './ageRecipient.ts';

/** As age's own documentation has them. */
const ONE = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const TWO = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg';

const parse = (text: string) => ageRecipientsSchema.safeParse(text);

describe('ageRecipientsSchema', () => {
  it('takes one or several, each once', () => {
    expect(parse(ONE).data).toEqual([ONE]);
    expect(parse(` ${ONE}, ${TWO},${ONE},`).data).toEqual([ONE, TWO]);
  });

  it('finds every letter that is mistyped', () => {
    for (let at = 4; at < ONE.length; at++) {
      const other = ONE[at] === 'q' ? 'p' : 'q';
      const { error } = parse(ONE.slice(0, at) + other + ONE.slice(at + 1));
      expect(error?.issues[0]?.message, `${at}`).toContain('mistyped');
    }
  });

  it('takes no identity, nothing of another kind, and not none', () => {
    for (const text of ['', ',', 'x', 'age1pq1xyz', `AGE-SECRET-KEY-1${ONE.slice(4)}`, `${ONE}q`]) {
      expect(parse(text).success, text).toBe(false);
    }
    expect(parse(`${ONE},x`).success).toBe(false);
  });
});
