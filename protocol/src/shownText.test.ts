import { describe, expect, it } from 'vitest';
import { cleanText } from './cleanText.ts';
import { personNameSchema } from './shownText.ts';

describe('cleanText()', () => {
  it.each([
    ['  Ann   Marie ', 'Ann Marie'],
    ['Ann\r\nFrom: <sip:x@y>\u0000', 'Ann From: <sip:x@y>'],
    ['evil\u202egnp.exe', 'evilgnp.exe'],
    ['\u2067Ann\u2069\u2028Host', 'Ann Host'],
    ['\ud800Ann', 'Ann'],
    ['A\u0301\u0301\u0301\u0301\u0301\u0301nn', 'A\u0301\u0301\u0301\u0301nn'],
  ])('makes one harmless line of %j', (text, clean) => {
    expect(cleanText(text)).toBe(clean);
  });

  it.each(['José Núñez', 'שרה', 'محمد علی', '山田 太郎', '👩‍💻', 'นิพนธ์', "O'Neill (2)"])(
    'leaves %s as it is',
    (name) => {
      expect(cleanText(name)).toBe(name);
    },
  );

  it.each(['', ' ', '\u200b\u200b', '\u3164', '\u2800', '\u0000\n', '\u202e'])(
    'leaves nothing of %j, of which nothing is seen',
    (name) => {
      expect(cleanText(name)).toBe('');
      expect(personNameSchema.safeParse(name).success).toBe(false);
    },
  );
});

describe('personNameSchema', () => {
  it('takes 60 characters besides the blanks around them, and nothing longer', () => {
    expect(personNameSchema.parse(`  ${'x'.repeat(60)}\n`)).toBe('x'.repeat(60));
    expect(personNameSchema.safeParse('x'.repeat(61)).success).toBe(false);
    expect(personNameSchema.safeParse('\u200b'.repeat(10_000)).success).toBe(false);
  });
});
