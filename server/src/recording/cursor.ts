import { AppError } from '@switchroom/protocol';
import { z } from 'zod';

/** The last row of a page: the next one begins after it. */
const cursorSchema = z.tuple([z.iso.datetime(), z.string().max(64)]);

export function encodeCursor({ startedAt, id }: { startedAt: string; id: string }): string {
  return Buffer.from(JSON.stringify([startedAt, id])).toString('base64url');
}

/** Errors: `bad-request`. */
export function decodeCursor(cursor: string): { startedAt: string; id: string } {
  try {
    const text = Buffer.from(cursor, 'base64url').toString();
    const [startedAt, id] = cursorSchema.parse(JSON.parse(text));
    return { startedAt, id };
  } catch (error) {
    throw new AppError('bad-request', 'cursor: is not one of ours', { cause: error });
  }
}
