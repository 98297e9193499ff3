/** The join token in what somebody pasted: a whole link, its path, or the token alone. */
export function joinTokenOf(pasted: string): string | undefined {
  const text = pasted.trim();
  const inLink = /\/m\/([^/?#\s]+)/.exec(text)?.[1];
  if (inLink !== undefined) {
    try {
      return decodeURIComponent(inLink);
    } catch {
      return undefined;
    }
  }
  return /^[\w-]{8,128}$/.test(text) ? text : undefined;
}
