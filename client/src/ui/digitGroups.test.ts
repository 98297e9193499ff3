import { expect, it } from 'vitest';
import { digitGroups } from './digitGroups.ts';

it.each([
  ['+15550100', ['+1', '555', '0100']],
  ['+12125550100', ['+1', '212', '555', '0100']],
  ['+442071838750', ['+442071838750']],
  ['482913', ['482', '913']],
])('digitGroups(%j) is %j and loses nothing', (digits, groups) => {
  expect(digitGroups(digits)).toEqual(groups);
  expect(digitGroups(digits).join('')).toBe(digits);
});
