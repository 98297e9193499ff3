import { describe, expect, it } from 'vitest';
import { Regulars } from './Regulars.ts';

describe('Regulars', () => {
  it('knows who was in which meeting', () => {
    const regulars = new Regulars();
    regulars.add('ada', 'm1');
    regulars.add('ada', 'm2');
    expect(regulars.has('ada')).toBe(true);
    expect(['m1', 'm2', 'm3'].map((id) => regulars.has('ada', id))).toEqual([true, true, false]);
    expect([regulars.has('bob'), regulars.has('bob', 'm1')]).toEqual([false, false]);
  });

  it('forgets who has not called for longest', () => {
    const regulars = new Regulars(2);
    regulars.add('ada', 'm1');
    regulars.add('bob', 'm1');
    regulars.add('ada', 'm1');
    regulars.add('cy', 'm1');
    expect(['ada', 'bob', 'cy'].map((caller) => regulars.has(caller))).toEqual([true, false, true]);
  });
});
