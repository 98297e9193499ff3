import { hash } from 'node:crypto';

/** Of `age1…`, or of several with commas between them. */
export function recipientsOf(text: string): string[] {
  return text.split(',');
}

/** SHA-256 of a recipient as text, hexadecimal: it tells one from another, and is no secret. */
export function fingerprintOfRecipient(recipient: string): string {
  return hash('sha256', recipient, 'hex');
}

/** The identities in a text as `age-keygen` writes it: one a line, comments begin with #. */
export function identitiesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}
