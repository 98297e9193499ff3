/** The one or two letters that stand for a name; `#` for a bare phone number. */
export function initialsOf(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => /^\p{L}/u.test(word));
  const first = words[0];
  if (first === undefined) return '#';
  const last = words.length > 1 ? words.at(-1) : undefined;
  return `${letterOf(first)}${last === undefined ? '' : letterOf(last)}`;
}

function letterOf(word: string): string {
  return (Array.from(word)[0] ?? '').toLocaleUpperCase();
}

/** A hue, 0 to 359 degrees, that is always the same for the same name. */
export function hueOf(name: string): number {
  // FNV-1a, 32 bit: neighbouring names land far apart.
  let hash = 0x811c9dc5;
  for (const char of name) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 0) % 360;
}
