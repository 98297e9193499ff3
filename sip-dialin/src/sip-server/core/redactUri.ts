/** Longest text of a stranger that a log line repeats. */
const LONGEST = 128;

/** A Call-ID as logs may show it. */
export function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** A URI as logs may show it: without the user part, a number mostly, of which not even the last digits are ours to show. */
export function redactUri(uri: string): string {
  if (uri.length > LONGEST) return '…';
  const match = /^([a-z]+):(?:(.*)@)?([^@]*)$/is.exec(uri);
  const [, scheme, user, rest] = match ?? [];
  if (scheme === undefined || rest === undefined) return '…';
  if (user !== undefined) return `${scheme}:…@${rest.split(/[;?]/)[0] ?? ''}`;
  // tel:+15550100 has no '@'; a host has no '+', but may be all digits and dots.
  return /^sips?$/i.test(scheme) ? `${scheme}:${rest.split(/[;?]/)[0] ?? ''}` : `${scheme}:…`;
}
