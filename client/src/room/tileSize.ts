export type TileSize = 'large' | 'medium' | 'small';

/** How much room a participant's tile takes, by how many there are. */
export function tileSize(count: number): TileSize {
  if (count <= 4) return 'large';
  return count <= 12 ? 'medium' : 'small';
}
