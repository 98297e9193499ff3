import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CHAIN_FILE } from '../format/seal.ts';
import { isCode } from '../format/secretFile.ts';

/** Whether a line of a vault's chain names the recording, whatever else is to be said of that line. */
export async function isInChain(vaultDirectory: string, recordingId: string): Promise<boolean> {
  const named = `"recordingId":${JSON.stringify(recordingId)}`;
  try {
    const input = createReadStream(join(vaultDirectory, CHAIN_FILE));
    for await (const line of createInterface({ input })) if (line.includes(named)) return true;
    return false;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}
