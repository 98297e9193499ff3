import { createHmac, type KeyObject } from 'node:crypto';

/**
 * Hides (or shows again) a content's digest in a record: it would tell who guesses what was said that he is
 * right. `key` is the recording's, in the recorder's journal; `number` is the record's.
 */
export function maskMark(key: KeyObject, file: string, number: number, mark: Buffer): Buffer {
  const mask = createHmac('sha256', key).update(`${file} ${number}`).digest();
  return mask.map((byte, index) => byte ^ mark[index]!) as Buffer;
}
