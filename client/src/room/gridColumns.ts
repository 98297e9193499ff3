/**
 * The most columns that `count` tiles are laid out in: as many as rows, or one more, so that
 * the tiles stay large. A narrow screen has fewer, by the least width of a tile.
 */
export function gridColumns(count: number): number {
  return Math.max(1, Math.ceil(Math.sqrt(count)));
}
