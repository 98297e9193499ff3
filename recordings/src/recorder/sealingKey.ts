import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CHAIN_FILE, sealSchema } from '../format/seal.ts';
import { SealKeys } from '../format/SealKeys.ts';
import { isCode } from '../format/secretFile.ts';
import { SigningKey } from '../format/SigningKey.ts';

/** Within `DATA_DIR/keys`. */
const SIGNING_KEY_FILE = 'recorder-signing.pem';

/** The key that all recorders of a vault seal with, made when there is none, and noted down for those who read. */
export async function loadSealingKey(
  keysDirectory: string,
  vaultDirectory: string,
): Promise<SigningKey> {
  const key = await SigningKey.loadOrCreate(join(keysDirectory, SIGNING_KEY_FILE));
  const before = (): Promise<Set<string>> => keysOfChain(join(vaultDirectory, CHAIN_FILE));
  await new SealKeys(keysDirectory).add(key.publicKey, before);
  return key;
}

/** By which a vault was sealed before keys were noted down. */
async function keysOfChain(path: string): Promise<Set<string>> {
  const keys = new Set<string>();
  try {
    const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
    for await (const line of lines) {
      const key = keyOf(line);
      if (key !== null) keys.add(key);
    }
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  return keys;
}

/** `null` for a line that is no seal: whoever checks the chain is told. */
function keyOf(line: string): string | null {
  try {
    return sealSchema.parse(JSON.parse(line)).key;
  } catch {
    return null;
  }
}
