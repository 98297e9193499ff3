import { describe, expect, it } from 'vitest';
import { hueOf, initialsOf } from './avatar.ts';

describe('initialsOf()', () => {
  it.each([
    ['Ana Souza', 'AS'],
    ['amélie', 'A'],
    ['João de Deus Pereira', 'JP'],
    ['+1 555 …0123', '#'],
    ['…0123', '#'],
    ['李 小龍', '李小'],
    ['Ana (guest 2)', 'AG'],
  ])('of %j are %j', (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });
});

it('hueOf() is the same for the same name, and far apart for most others', () => {
  expect(hueOf('Ana')).toBe(hueOf('Ana'));
  const hues = new Set(Array.from({ length: 50 }, (_, i) => hueOf(`Person ${i}`)));
  expect(hues.size).toBeGreaterThan(35);
  for (const hue of hues) expect(hue).toBeGreaterThanOrEqual(0);
});
