import { AppError } from '@switchroom/protocol';

/** Bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * The one range that a Range header asks for (RFC 9110 section 14.2). A header in another unit, of more
 * ranges or that cannot be read is ignored, as the RFC allows: `undefined`, the whole file.
 * Numbers may have any length: they are held against the size before anything is done with them.
 * Errors: `range-not-satisfiable`.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.replaceAll(/\s/g, '') ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return undefined;
  // As they stand there: long ones would be the same number once they are rounded.
  if (first !== '' && last !== '' && BigInt(last) < BigInt(first)) return undefined;
  // "-500": the last 500 bytes.
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start >= size || end <= start) {
    throw new AppError('range-not-satisfiable', `The file has ${size} bytes.`);
  }
  return { start, end };
}
