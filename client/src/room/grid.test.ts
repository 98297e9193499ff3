import { expect, it } from 'vitest';
import { gridColumns } from './gridColumns.ts';
import { tileSize } from './tileSize.ts';

it.each([
  [0, 1],
  [1, 1],
  [2, 2],
  [4, 2],
  [5, 3],
  [9, 3],
  [48, 7],
])('gridColumns(%i) is %i', (count, columns) => {
  expect(gridColumns(count)).toBe(columns);
});

it.each([
  [1, 'large'],
  [4, 'large'],
  [5, 'medium'],
  [12, 'medium'],
  [13, 'small'],
])('tileSize(%i) is %s', (count, size) => {
  expect(tileSize(count)).toBe(size);
});
