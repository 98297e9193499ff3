import { ageFile } from '@switchroom/recordings/vault';
import type { Request, Response } from 'express';
import { sendStream } from './sendAudio.ts';

/** Answers with a zip, or with an age file of it where there are recipients. */
export async function sendExport(
  zip: AsyncIterable<Uint8Array>,
  options: {
    /** Of the zip. */
    name: string;
    recipients: readonly string[] | undefined;
    /** Done before the first byte goes out; not at all for HEAD. */
    note: () => Promise<void>;
    request: Request;
    response: Response;
  },
): Promise<void> {
  const { name, recipients, note, request, response } = options;
  response
    .attachment(recipients ? `${name}.age` : name)
    .type(recipients ? 'application/octet-stream' : 'application/zip');
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  await note();
  await sendStream(recipients ? await ageFile(zip, recipients) : zip, response);
}
