import { parseTrunkUri, type TrunkUri } from '@switchroom/protocol';

/** Errors: a TypeError for what protocol's schema would not have let through. */
export function trunkUri(uri: string): TrunkUri {
  const parsed = parseTrunkUri(uri);
  if (parsed) return parsed;
  throw new TypeError('Not the URI of a trunk.');
}
