import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@switchroom/protocol';
import type { AudioFile } from '@switchroom/recordings/vault';
import type { Request, Response } from 'express';
import { byteRange } from './byteRange.ts';

/** Answers with Ogg Opus, whole or the range asked for. Errors: `range-not-satisfiable`. */
export async function sendAudio(
  file: AudioFile,
  options: {
    /**
     * Done before the first byte goes out, and only where bytes do: what is not there is not heard. Told whether it
     * is a part of the file.
     */
    note: (isPart: boolean) => Promise<void>;
    request: Request;
    response: Response;
  },
): Promise<void> {
  const { size } = file;
  const { note, request, response } = options;
  response.set({ 'Accept-Ranges': 'bytes', 'Content-Type': 'audio/ogg' });
  // Silent where it is damaged: the listener is told, in ms of the recording's clock.
  const damage = file.damage.map(({ fromMs, toMs }) => `${fromMs}-${toMs}`).join(', ');
  if (damage !== '') response.set('Recording-Damage', damage);
  // There is no validator to compare with, so that If-Range always means: the whole. So does HEAD (RFC 9110 section 14.2).
  const mayBePart = request.method === 'GET' && request.get('if-range') === undefined;
  const wanted = mayBePart ? request.get('range') : undefined;
  const range = rangeOrTellSize(wanted, size, response);
  const { start, end } = range ?? { start: 0, end: size };
  await note(range !== undefined);
  if (range) response.set('Content-Range', `bytes ${start}-${end - 1}/${size}`);
  response.status(range ? 206 : 200).set('Content-Length', String(end - start));
  if (request.method === 'HEAD') response.end();
  else await sendStream(file.read(start, end), response);
}

/** Answers with a stream; a listener who goes away in the middle is no error. */
export async function sendStream(
  chunks: AsyncIterable<Uint8Array>,
  response: Response,
): Promise<void> {
  try {
    await pipeline(Readable.from(chunks, { objectMode: false }), response);
  } catch (error) {
    if (!isPrematureClose(error)) throw error;
  }
}

function rangeOrTellSize(header: string | undefined, size: number, response: Response) {
  try {
    return byteRange(header, size);
  } catch (error) {
    if (error instanceof AppError) response.set('Content-Range', `bytes */${size}`);
    throw error;
  }
}

function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
