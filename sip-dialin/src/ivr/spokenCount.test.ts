import { expect, it } from 'vitest';
import { spokenCount } from './spokenCount.ts';

it.each([
  [0, ['alone']],
  [1, ['alone']],
  [2, ['there-are', 'number-2', 'people']],
  [20, ['there-are', 'number-20', 'people']],
  [21, ['there-are-more-than', 'number-20', 'people']],
  [30, ['there-are', 'number-30', 'people']],
  [99, ['there-are-more-than', 'number-90', 'people']],
  [250, ['there-are-more-than', 'number-100', 'people']],
])('%i people are said as %j', (people, prompts) => {
  expect(spokenCount(people)).toEqual(prompts);
});
