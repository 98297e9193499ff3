import { describe, expect, it } from 'vitest';
import { exportQuerySchema, reasonQuerySchema, reasonSchema } from './retention.ts';

describe('a reason', () => {
  it.each([
    ['  Case 7 ', 'Case 7'],
    ['Case\u200b 7\u0000\r\nand 8', 'Case 7 and 8'],
    ['\u202eCase 7', 'Case 7'],
    ['§ 7', '§ 7'],
    ['7', '7'],
    ['苦情', '苦情'],
    ['شكوى', 'شكوى'],
  ])('%j is taken as %j wherever one is', (given, reason) => {
    for (const schema of [reasonSchema, reasonQuerySchema, exportQuerySchema]) {
      expect(schema.parse({ reason: given })).toEqual({ reason });
    }
  });

  it.each(['', ' ', '\u200b', '\u3164', '\u0000', '\u2800', '\ufeff', '\u115f', '-', '...', '🙂'])(
    '%j says nothing: it is none for who plays or exports, and refused where one must be given',
    (reason) => {
      expect(reasonQuerySchema.parse({ reason }).reason).toBe('');
      expect(exportQuerySchema.parse({ reason }).reason).toBe('');
      expect(reasonSchema.safeParse({ reason }).success).toBe(false);
    },
  );

  it('has 500 characters at most, and need not be given to play', () => {
    expect(reasonSchema.parse({ reason: 'x'.repeat(500) }).reason).toHaveLength(500);
    expect(reasonSchema.safeParse({ reason: 'x'.repeat(501) }).success).toBe(false);
    expect(reasonQuerySchema.safeParse({ reason: 'x'.repeat(501) }).success).toBe(false);
    expect(reasonQuerySchema.parse({})).toEqual({});
  });
});
