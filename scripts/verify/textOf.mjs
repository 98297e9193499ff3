// @ts-check

/**
 * All of a small file; null when there is none.
 * @param {Pick<import('./FolderPlace.mjs').Place, 'open'>} place
 * @param {string} name
 */
export async function textOf(place, name) {
  const content = await place.open(name);
  if (content === null) return null;
  const parts = [];
  for await (const part of content) parts.push(part);
  return Buffer.concat(parts).toString();
}
