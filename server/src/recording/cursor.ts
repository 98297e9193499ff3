import { AppError } from '@switchroom/protocol';

/** The last row of a page, by its place in the order of all: the next one begins after it. */
export function encodeCursor(ord: number): string {
  return Buffer.from(String(ord)).toString('base64url');
}

/** Errors: `bad-request`. */
export function decodeCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d{1,16}$/.test(text)) throw new AppError('bad-request', 'cursor: is not one of ours');
  return Number(text);
}
